"""What is said while nothing is sent any more, and when that is over: pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from services.briefing.blocks import header, link_button, section
from services.db.models import Json
from services.i18n import Translator


@dataclass(frozen=True, slots=True)
class Said:
    """An alarm in one person's language."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Reader:
    """In which language and zone somebody reads, and when."""

    t: Translator
    zone: ZoneInfo
    now: datetime

    def when(self, moment: datetime) -> str:
        """`today at 9:00 AM`"""
        here, today = moment.astimezone(self.zone), self.now.astimezone(self.zone).date()
        return self.t.day_and_time(here, today=today)


def sidecar_silent(last_seen: datetime | None, reader: Reader) -> Said:
    """Nothing is composed or sent."""
    t = reader.t
    seen = (
        t.gettext("It was last heard of {when}.", when=reader.when(last_seen))
        if last_seen is not None
        else t.gettext("It has not been heard of yet.")
    )
    waits = t.gettext("Briefings wait until it runs again; what is not too late then is sent.")
    cure = t.gettext("Start scheduler.py again and look into its log for why it ended.")
    return Said(t.gettext("The part that sends briefings is not running"), f"{seen} {waits} {cure}")


def sidecar_works_again(reader: Reader) -> Said:
    t = reader.t
    return Said(
        t.gettext("The part that sends briefings runs again"), t.gettext("What waited is being sent.")
    )


def briefings_overdue(count: int, oldest: datetime | None, reader: Reader) -> Said:
    """`oldest` is the time of the one that waits longest."""
    t = reader.t
    title = t.ngettext("{n} briefing is overdue", "{n} briefings are overdue", count)
    late = t.gettext("Their time was more than 15 minutes ago and they have not been sent.")
    since = t.gettext("The first was due {when}.", when=reader.when(oldest)) if oldest is not None else ""
    return Said(title, f"{late} {since}".strip())


def none_overdue(reader: Reader) -> Said:
    t = reader.t
    ended = t.gettext("Each has been sent, or has ended without being sent.")
    return Said(t.gettext("No briefing is overdue any more"), ended)


def messages_not_stored(reader: Reader) -> Said:
    """Of no message what was said."""
    t = reader.t
    fetched = t.gettext("What was missed is fetched from Slack and answered as soon as that is possible.")
    cure = t.gettext("Please look whether the portal can be reached from Slack and its database is well.")
    return Said(t.gettext("Messages to the assistant could not be stored"), f"{fetched} {cure}")


def messages_stored_again(reader: Reader) -> Said:
    t = reader.t
    return Said(
        t.gettext("Messages to the assistant are stored again"),
        t.gettext("None has failed for ten minutes."),
    )


def message(said: Said, t: Translator, *, link: str) -> Json:
    """An alarm as a DM, {text, blocks}."""
    button = link_button(t.gettext("Open deliveries"), link, "deliveries")
    actions = [{"type": "actions", "elements": [button]}] if button else []
    return {
        "text": f"{said.title}. {said.text}",
        "blocks": [header(said.title), section(said.text), *actions],
    }


def alarm(said: Said, *, link: str) -> str:
    """An alarm for the webhook."""
    return f"{said.title}. {said.text} {link}"

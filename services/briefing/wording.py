"""What a briefing says about itself: its title, its first lines and its last. All mrkdwn but `title`."""

from __future__ import annotations

from services.briefing.escape import link, literal
from services.briefing.lateness import lateness
from services.briefing.model import Agenda, Briefing
from services.briefing.moments import in_zone
from services.i18n import N_, Translator

NAME_COLUMNS = 40

_SECTIONS = {"calendar": N_("calendar"), "mail": N_("mail"), "news": N_("news")}


def title(briefing: Briefing, t: Translator) -> str:
    """The headline, plain text."""
    day = t.short_date(briefing.local_date)
    if briefing.kind == "completion":
        return t.gettext("Briefing for {day}, completed", day=day)
    return t.gettext("Briefing for {day}", day=day)


def opening(briefing: Briefing, t: Translator) -> str:
    """The first lines: what the day holds, what is missing, and an apology where one is due."""
    lines = [
        _greeting(briefing, t),
        _lateness(briefing, t),
        _completion(briefing, t),
        _partiality(briefing, t),
    ]
    return "\n".join(filter(None, lines))


def highlights(briefing: Briefing, t: Translator) -> list[str]:
    """How much there is of what, without what there is none of."""
    events = _events(briefing.agenda)
    mails = len(briefing.mail.items) if briefing.mail else 0
    news = len(briefing.news.items) if briefing.news else 0
    counts = [
        t.ngettext("{n} event", "{n} events", events) if events else "",
        t.ngettext("{n} email worth a look", "{n} emails worth a look", mails) if mails else "",
        t.ngettext("{n} headline", "{n} headlines", news) if news else "",
    ]
    return [count for count in counts if count]


def missing_sections(briefing: Briefing, t: Translator) -> str:
    """`mail, news`: the names of what is missing."""
    return ", ".join(t.gettext(_SECTIONS[missing.source]) for missing in briefing.missing)


def closing(briefing: Briefing, t: Translator) -> list[str]:
    """The small print: what is covered, why this came, where to change it."""
    settings = link(f"{briefing.portal_url}/settings", t.gettext("Settings"))
    if briefing.kind == "manual":
        reason = t.gettext("Made just now because you asked for it")
    else:
        reason = t.gettext("You get this because your daily briefing is turned on")
    return [part for part in (_coverage(briefing, t), reason, settings) if part]


def _greeting(briefing: Briefing, t: Translator) -> str:
    said = at_a_glance(briefing, t)
    name = literal(briefing.person_name, NAME_COLUMNS)
    if not name:
        return said[:1].upper() + said[1:]
    return t.pgettext("speaking to somebody", "{name}, {said}", name=name, said=said)


def at_a_glance(briefing: Briefing, t: Translator) -> str:
    """One sentence about the whole: what there is, or that there is nothing."""
    counts = ", ".join(highlights(briefing, t))
    if counts:
        return t.gettext("here is your day: {counts}.", counts=counts)
    if _is_all_missing(briefing):
        return t.gettext("nothing could be read this time. See below why, and what mends it.")
    if not briefing.nothing_new:
        return t.gettext("nothing needs you right now.")
    if briefing.agenda or briefing.mail or briefing.news:
        return t.gettext("there is nothing new to tell you today. Enjoy the quiet.")
    return t.gettext("all parts of your briefing are turned off, so there is nothing to tell.")


def _events(agenda: Agenda | None) -> int:
    return len(agenda.all_day) + len(agenda.timed) if agenda else 0


def _lateness(briefing: Briefing, t: Translator) -> str:
    if briefing.late_by is None or briefing.scheduled_for is None:
        return ""
    return lateness(briefing.scheduled_for, briefing.late_by, now=briefing.now, zone=briefing.zone, t=t)


def _completion(briefing: Briefing, t: Translator) -> str:
    if briefing.kind != "completion":
        return ""
    if not briefing.added:
        return t.gettext("The one sent earlier today was incomplete; this one adds what was missing.")
    added = ", ".join(t.gettext(_SECTIONS[section]) for section in briefing.added)
    return t.gettext("The one sent earlier today was incomplete; added now (🆕): {sections}.", sections=added)


def _partiality(briefing: Briefing, t: Translator) -> str:
    if not briefing.missing or _is_all_missing(briefing):
        return ""
    return t.gettext("Missing this time: {sections}. See below why.", sections=missing_sections(briefing, t))


def _is_all_missing(briefing: Briefing) -> bool:
    return bool(briefing.missing) and not (briefing.agenda or briefing.mail or briefing.news)


def _coverage(briefing: Briefing, t: Translator) -> str:
    if briefing.covers_since is None:
        return ""
    since = in_zone(briefing.covers_since, briefing.zone)
    today = in_zone(briefing.now, briefing.zone).date()
    return t.gettext("Covers mail since {when}", when=t.day_and_time(since, today=today))

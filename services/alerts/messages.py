"""What is written to people about what is wrong: pure, values in, Slack messages out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.briefing.blocks import Block, context, header, link_button, section, sections
from services.briefing.escape import literal
from services.db.models import Json
from services.i18n import N_, Translator
from services.tokens.reasons import Explained

NAME_COLUMNS = 40
TEXT_COLUMNS = 1_000
WORST = 10

COUNTED = {
    "reconnect_required": N_("Must be connected again: {n}"),
    "failing": N_("Google does not answer: {n}"),
    "expiring_soon": N_("End soon: {n}"),
}
BOT_REFUSED = {
    "account_inactive": N_("The app's account is switched off in Slack, or the app was removed."),
    "token_revoked": N_("The app was removed from the Slack workspace, or its token was taken back."),
    "token_expired": N_("The app's token has run out."),
    "invalid_auth": N_("Slack does not know the app's token."),
    "not_authed": N_("Slack was given no token of the app."),
}
_BOT_OTHERWISE = N_("Slack refuses the app: {code}.")


@dataclass(frozen=True, slots=True)
class Warned:
    """Whose briefing would lack their mail. `due` is when it comes, `ends` the grant's end, in their zone.

    `ends` is None where the connection is broken already.
    """

    mailbox: str
    explained: Explained
    due: datetime
    ends: datetime | None


@dataclass(frozen=True, slots=True)
class Troubled:
    """One line of the digest: who, and why in a few words."""

    name: str
    short: str


def warning(warned: Warned, t: Translator, *, link: str) -> Json:
    """The message to somebody whose connection is broken or about to end, as {text, blocks}."""
    today = warned.due.date()
    if warned.ends is None:
        title = t.gettext("Gmail must be connected again")
        lacking = t.gettext(
            "Unless it is mended, your briefing at {time} comes without your mail.", time=t.time(warned.due)
        )
    else:
        title = t.gettext(
            "The connection to Gmail ends {when}", when=t.day_and_time(warned.ends, today=today)
        )
        lacking = ""
    explained = warned.explained
    said = (f"{explained.happened} {explained.cause}", lacking, explained.cure)
    lines = [literal(text, TEXT_COLUMNS) for text in said if text]
    blocks: list[Block | None] = [
        header(title),
        section("\n".join(lines)),
        _button(t.gettext("Reconnect Gmail"), link, "reconnect"),
        *context([literal(warned.mailbox, NAME_COLUMNS)] if warned.mailbox else []),
    ]
    return {"text": " ".join((f"{title}.", *lines)), "blocks": [block for block in blocks if block]}


def digest(counts: dict[str, int], worst: Sequence[Troubled], t: Translator, *, link: str) -> Json:
    """What an admin is told once a day while something is wrong, as {text, blocks}; worst first."""
    title = digest_title(counts, t)
    lines = [f"• {literal(one.name, NAME_COLUMNS)}: {literal(one.short, NAME_COLUMNS)}" for one in worst]
    more = sum(counts.values()) - len(worst)
    if more > 0:
        lines.append(t.ngettext("and {n} more", "and {n} more", more))
    button = _button(t.gettext("Open token health"), link, "token_health")
    blocks = [header(title), section(_counted(counts, t)), *sections(lines), *([button] if button else [])]
    return {"text": f"{title}. {_counted(counts, t)}", "blocks": blocks}


def digest_title(counts: dict[str, int], t: Translator) -> str:
    """The digest in one line."""
    return t.ngettext(
        "{n} Gmail connection needs attention",
        "{n} Gmail connections need attention",
        sum(counts.values()),
    )


def digest_alarm(counts: dict[str, int], t: Translator, *, link: str) -> str:
    """The digest for the alarm webhook: no names, for nobody knows who reads there."""
    return f"{digest_title(counts, t)} ({_counted(counts, t)}). {link}"


def bot_in_words(code: str, t: Translator) -> str:
    """That Slack refuses the bot's token: why, what it means, and what mends it."""
    return " ".join(
        (
            t.gettext(BOT_REFUSED.get(code, _BOT_OTHERWISE), code=code),
            t.gettext("Until it is mended nobody gets a briefing; what is due is kept for hours."),
            t.gettext(
                "Install the app in the workspace again and put its token into SLACK_BOT_TOKEN; then start "
                "portal and sidecar anew."
            ),
        )
    )


def bot_alarm(code: str, t: Translator) -> str:
    """The alarm that Slack refuses the bot's token."""
    title = t.gettext("Slack does not accept the app")
    return f"{title}. {bot_in_words(code, t)}"


def bot_works_again(t: Translator) -> str:
    """The end of that alarm."""
    return t.gettext("Slack accepts the app again. What was kept is being sent.")


def conversation_gap(t: Translator) -> str:
    """The alarm that messages of people's did not arrive by themselves."""
    return t.gettext(
        "Slack's messages to the assistant did not all arrive. What was missing has been fetched from the "
        "conversations and is being answered. Please look whether the portal can be reached from Slack."
    )


def _counted(counts: dict[str, int], t: Translator) -> str:
    return " · ".join(t.gettext(said, n=counts[name]) for name, said in COUNTED.items() if counts.get(name))


def _button(label: str, link: str, action_id: str) -> Block | None:
    button = link_button(label, link, action_id)
    return {"type": "actions", "elements": [button]} if button else None

"""What the assistant says about a request that waits for Google, as Slack messages. Pure.

What people typed arrives as it is and is escaped here.
"""

from __future__ import annotations

from services.assistant import buttons
from services.assistant.buttons import actions, button
from services.briefing.blocks import Block, context, link_button, section
from services.briefing.escape import cut, literal
from services.briefing.model import SlackMessage
from services.i18n import N_, Translator

ASKED_COLUMNS = 120
_FALLBACK_COLUMNS = 200
_NEEDED = {
    "mail": N_("To answer this I need permission to read your Gmail."),
    "calendar": N_("To answer this I need permission to read your Google Calendar."),
}
_CONNECT = {"mail": N_("Connect Google"), "calendar": N_("Connect the calendar")}
_PROMISE = {
    "mail": N_("Connect Google, and the answer comes here by itself. I keep the question for a day."),
    "calendar": N_(
        "Connect the calendar, and the answer comes here by itself. I keep the question for a day."
    ),
}


def kept(needs: str, link: str, request_id: str, t: Translator) -> SlackMessage:
    """What is missing, that the answer comes by itself, and the two ways on."""
    said = t.gettext(_NEEDED[needs])
    promise = t.gettext(_PROMISE[needs])
    connect = link_button(t.gettext(_CONNECT[needs]), link, f"connect_{needs}")
    no = button(t.gettext("Not now"), buttons.NOT_NOW, value=request_id)
    blocks = [section(f"{said}\n{promise}"), actions(*([connect] if connect else []), no)]
    return SlackMessage(said, blocks)


def not_now(t: Translator, *, withdrawn: bool) -> SlackMessage:
    """Nothing waits any longer."""
    if withdrawn:
        return _plain(t.gettext("All right, I let it go. Ask again whenever you like."))
    return _plain(t.gettext("That question is not waiting any longer."))


def answered(asked: str, answer: SlackMessage, t: Translator) -> SlackMessage:
    """The answer, under what had been asked."""
    return SlackMessage(answer.text, [*_reminder(asked, t), *answer.blocks])


def expired(asked: str, t: Translator) -> SlackMessage:
    """A day has passed without the permission."""
    said = t.gettext("Google was not connected within a day, so I let your question go. Just ask me again.")
    return SlackMessage(said, [*_reminder(asked, t), section(said)])


def failed(asked: str, t: Translator) -> SlackMessage:
    """Google gave no answer, several times."""
    said = t.gettext("Google is connected, but gave me no answer to this. Please ask again later.")
    return SlackMessage(said, [*_reminder(asked, t), section(said)])


def _reminder(asked: str, t: Translator) -> list[Block]:
    return context([t.gettext("You asked: {question}", question=literal(asked, ASKED_COLUMNS))])


def _plain(said: str) -> SlackMessage:
    return SlackMessage(cut(said, _FALLBACK_COLUMNS), [section(said)])

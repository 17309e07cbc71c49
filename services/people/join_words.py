"""What the DM says of joining two people, as Slack messages. Pure."""

from __future__ import annotations

from services.briefing.blocks import section
from services.briefing.model import SlackMessage
from services.i18n import N_, Translator

_REFUSED = {
    "gone": N_("You could not be made one person: one of the two has left meanwhile."),
    "deactivated": N_("You could not be made one person: one of the two is deactivated. Ask your admin."),
    "other_slack": N_(
        "You could not be made one person: whoever signed in there is on Slack with another account already."
    ),
}


def under_way(t: Translator) -> SlackMessage:
    """Yes was said, and nothing is done yet."""
    return plain(t.gettext("Thank you. I am making you one person now…"))


def joined(t: Translator) -> SlackMessage:
    """It is done."""
    return plain(t.gettext("Done, you are one person now. The page in your browser goes on by itself."))


def refused(code: str, t: Translator) -> SlackMessage:
    """It is not done, and why; `code` is that of JoinRefused."""
    return plain(t.gettext(_REFUSED[code]))


def plain(said: str) -> SlackMessage:
    """A sentence without more."""
    return SlackMessage(said, [section(said)])

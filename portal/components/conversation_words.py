"""What kinds of messages there are, in words."""

from __future__ import annotations

from services.i18n import N_, Translator

KINDS = {
    "briefing": N_("Briefing"),
    "email": N_("Briefing by e-mail"),
    "request": N_("Request"),
    "reply": N_("Answer"),
    "answer": N_("Answer"),
    "warning": N_("Warning"),
    "reconnect_link": N_("Reconnect link"),
    "digest": N_("Digest for admins"),
    "alarm": N_("Alarm for admins"),
}


def kind_in_words(kind: str, t: Translator) -> str:
    """A kind of message as people call it."""
    return t.gettext(KINDS[kind]) if kind in KINDS else t.gettext("Message")

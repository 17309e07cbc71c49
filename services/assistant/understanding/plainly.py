"""Whether a change was ordered in so many words; what was only told, or named, is asked back by a button."""

from __future__ import annotations

import re

from services.assistant.understanding import change_words as words
from services.assistant.understanding.message import Message
from services.assistant.understanding.phrases import compiled
from services.assistant.understanding.requests import ChangeTime, Confirm, Pause, Request, Resume, Status
from services.assistant.understanding.vocabulary import BRIEFING, REQUESTED

_ORDERED = re.compile(
    f"{words.RETIMES}|{words.SENDING}|{REQUESTED}"
    "|멈[추춰]|중지|중단|정지|그만|꺼|끄|끌|켜|켤|재개|다시|시작|매일|아침마다|[시분반](?:으)?로(?![가-힣])"
    "|pause|stop|resume|restart|start|turn|hold|skip|mute|snooze|take a break|every (?:day|morning|weekday)"
)
_ABOUT_BRIEFING = re.compile(BRIEFING)
# 오네, 보내네요, 9시네: what the writer notices. (받을래, 쉴게: what they want.)
_NOTICED = re.compile(r"(?:네요?|군요?|구나|더라(?:고요?)?|던데요?|거든요?|나 ?봐요?)[\s.!~…ㅠㅜㅋㅎ]*$")
_TOLD = compiled(
    r"^(?:my|the|our|your) (?:daily |morning )?brief(?:ing)?s? (?:is|are|was|were|comes?|came|arrives?)",
    "^no brief(?:ing)?s?(?: (?:today|this morning|yet))?$",
)
_NOT_SENT = compiled("(?:안|못) ?(?:보내|와|오|왔|받)")


def unless_plain(message: Message, found: Request | None) -> Request | None:
    """`found`, or the same asked back where nobody ordered it; a complaint is about how things stand."""
    if not isinstance(found, (ChangeTime, Pause, Resume)):
        return found
    noticed = _NOTICED.search(message.text)
    if isinstance(found, Pause) and noticed and _NOT_SENT.search(message.text):
        return Status()
    again = isinstance(found, Pause) and message.text.rstrip(" .!").endswith(" again")
    told = noticed or again or _TOLD.search(message.text)
    ordered = _ABOUT_BRIEFING.search(message.text) or _ORDERED.search(message.text)
    return Confirm(found) if told or not ordered else found

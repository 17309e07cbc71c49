"""What a message is about and whether it asks, weighed, where no rule knew all of it.

Only what reads, or answers with a link or a button, is found here: taken wrongly it costs a look. A row
counts where both what it is about and an asking word are said, and nothing that rules it out. Each such word
adds to its weight, and the heaviest row wins if no other is as heavy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.assistant.understanding import question_words as words
from services.assistant.understanding import topic_words as topical
from services.assistant.understanding.calendar_question import read_calendar_question
from services.assistant.understanding.changes import service_named
from services.assistant.understanding.mail_search import read_mail_search
from services.assistant.understanding.message import Message
from services.assistant.understanding.requests import Connect, DeleteData, Disconnect, Request, Status

_DAY = 2  # what a named day adds to a question that may be about it


@dataclass(frozen=True, slots=True)
class Topic:
    """A row: what it is about, what asks for it, what rules it out."""

    about: re.Pattern[str]
    asked: re.Pattern[str]
    never: re.Pattern[str]
    meaning: Callable[[Message], Request | None]
    dated: bool = False

    def weight(self, message: Message) -> int:
        """How much of the message speaks for it; 0 for not at all."""
        text = message.text
        about, asked = _said(self.about, text), _said(self.asked, text)
        if not about or not (asked or message.asks) or self.never.search(text):
            return 0
        return 2 * about + asked + (_DAY if self.dated and message.period else 0)


def read_link_or_button(message: Message) -> Request | None:
    """A link to connect, or the button to disconnect or to delete."""
    return _heaviest(_WITH_BUTTON, message)


def read_topic(message: Message) -> Request | None:
    """Mail, the calendar or how things are."""
    return _heaviest(_READING, message)


def _heaviest(topics: Iterable[Topic], message: Message) -> Request | None:
    weighed = sorted(((topic.weight(message), topic) for topic in topics), key=lambda one: -one[0])
    (most, first), (next_most, _) = weighed[:2]
    return first.meaning(message) if most > next_most else None


def _said(pattern: re.Pattern[str], text: str) -> int:
    return len({match[0] for match in pattern.finditer(text)})


_WITH_BUTTON = (
    Topic(topical.OWN_DATA, topical.ORDERED, topical.NO_ORDER, lambda _: DeleteData()),
    Topic(topical.UNLINKED, topical.ORDERED, topical.NO_ORDER, lambda _: Disconnect()),
    Topic(
        topical.LINKED,
        topical.WANTED,
        topical.NO_LINK,
        lambda message: Connect(service_named(message.text)),
    ),
)
_READING = (
    Topic(words.HAS_MAIL, topical.LOOKED_FOR, topical.NO_READING, read_mail_search),
    Topic(topical.WRITTEN_TO_ME, topical.LOOKED_FOR, topical.NO_READING, read_mail_search),
    Topic(topical.PLANNED, topical.LOOKED_FOR, topical.NO_CALENDAR, read_calendar_question, dated=True),
    Topic(topical.SETTINGS, topical.LOOKED_FOR, topical.NO_STATUS, lambda _: Status()),
)

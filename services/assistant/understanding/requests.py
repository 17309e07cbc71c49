"""What somebody can ask of the assistant. Frozen: a request is stored, compared and shown as it was meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Literal

from services.assistant.understanding.gmail_query import either, quoted

Service = Literal["google", "mail", "calendar"]
Asks = Literal["list", "any", "next"]


@dataclass(frozen=True, slots=True)
class Greeting:
    """Hello."""


@dataclass(frozen=True, slots=True)
class Thanks:
    """Thank you, well done."""


@dataclass(frozen=True, slots=True)
class Help:
    """What can you do?"""


@dataclass(frozen=True, slots=True)
class BriefingNow:
    """Today's briefing, now."""


class Trait(StrEnum):
    """What a mail can be, as Gmail's search says it."""

    UNREAD = "is:unread"
    STARRED = "is:starred"
    IMPORTANT = "is:important"
    ATTACHMENT = "has:attachment"
    SENT = "in:sent"
    TRASH = "in:trash"
    SPAM = "in:spam"


@dataclass(frozen=True, slots=True)
class MailSearch:
    """Mail that fulfils all of this. `start` is included, `end` is not; both aware, None: open.

    `words` and `subject` may be several words each, which are then searched as a phrase. `operators` are
    Gmail operators that were typed on purpose.
    """

    words: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    traits: tuple[Trait, ...] = ()
    operators: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    @property
    def query(self) -> str:
        """Gmail's `q`. Without any condition it is the inbox; times are epoch seconds, which know no zone."""
        terms = [
            *self.traits,
            *([f"after:{int(self.start.timestamp())}"] if self.start else []),
            *([f"before:{int(self.end.timestamp())}"] if self.end else []),
            *([f"from:{either(self.senders)}"] if self.senders else []),
            *([f"to:{either(self.recipients)}"] if self.recipients else []),
            *(f"subject:{quoted(words)}" for words in self.subject),
            *self.operators,
            *map(quoted, self.words),
        ]
        return " ".join(terms) or "in:inbox"


@dataclass(frozen=True, slots=True)
class CalendarQuestion:
    """What is in the calendar from `start` (included) to `end` (not), both aware in the asker's zone.

    `list` shows all, `any` asks whether there is something at all, `next` wants the first one.
    """

    start: datetime
    end: datetime
    asks: Asks = "list"


@dataclass(frozen=True, slots=True)
class ChangeTime:
    """The daily briefing at this time of the asker's clock from now on."""

    at: time


@dataclass(frozen=True, slots=True)
class Pause:
    """No daily briefing up to and including `until`; None: until it is resumed.

    `start` is set where the first day without lies ahead: what is to come before it must not be lost.
    """

    until: date | None = None
    start: date | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Daily briefings again. `or_once`: where nothing is paused, one more briefing now is what was meant."""

    or_once: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """A change asked for among words that were not understood. Only ever asked back with a button."""

    change: ChangeTime | Pause | Resume


@dataclass(frozen=True, slots=True)
class Status:
    """How things are: the connection, when the next briefing comes, whether it is paused."""


@dataclass(frozen=True, slots=True)
class Connect:
    """A link to connect; `google` where no service was named."""

    service: Service = "google"


@dataclass(frozen=True, slots=True)
class Disconnect:
    """End the connection to Google. Only ever asked back with a button."""


@dataclass(frozen=True, slots=True)
class DeleteData:
    """Delete all that is held on the asker. Only ever asked back with a button."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not understood, or not surely enough to act on: what may have been meant, most likely first."""

    suggestions: tuple[Request, ...] = ()


Request = (
    Greeting
    | Thanks
    | Help
    | BriefingNow
    | MailSearch
    | CalendarQuestion
    | ChangeTime
    | Pause
    | Resume
    | Confirm
    | Status
    | Connect
    | Disconnect
    | DeleteData
    | Unknown
)
CHANGES = (ChangeTime, Pause, Resume, Disconnect, DeleteData)

"""What the sources give and the briefing is composed from: plain values, no provider types.

All datetimes are aware. Text is already decoded, free of control characters and bounded in length, but it
is still hostile: whoever renders it escapes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: `name` may be empty, `email` is lower case and may be empty in broken mail."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A named part of a mail; `size` in bytes."""

    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Invitation:
    """A calendar part of a mail (RFC 5546): `method` is REQUEST, REPLY, CANCEL, …, upper case."""

    method: str
    summary: str
    start: datetime | date | None
    location: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as the briefing needs it.

    `text` is the newest text, without quoted replies and signatures, at most `TEXT_LIMIT` characters;
    `subject` is one line of at most 1,000.
    `labels` are Gmail's label ids (`IMPORTANT`, `STARRED`, `UNREAD`, `CATEGORY_PROMOTIONS`, …).
    `bulk`: sent to many by a machine (List-Unsubscribe, Precedence, Auto-Submitted, Gmail's categories).
    `bounce`: a delivery report; `failed_recipient` names whom it is about where the report says so.
    `own_briefing`: sent by this product (its `X-Briefing-Portal` header).
    `link` opens the message in Gmail.
    """

    id: str
    thread_id: str
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    text: str
    received_at: datetime
    labels: frozenset[str]
    link: str
    bulk: bool = False
    bounce: bool = False
    failed_recipient: str = ""
    own_briefing: bool = False
    is_reply: bool = False
    attachments: tuple[Attachment, ...] = ()
    attachment_count: int = 0
    invitation: Invitation | None = None


TEXT_LIMIT = 2_000
ATTACHMENT_LIMIT = 20


@dataclass(frozen=True, slots=True)
class MailBatch:
    """What one look into a mailbox gave.

    `owner` is the mailbox's address. `mails` are those read in full, best candidates first, at most nine.
    `new_ids` are all new inbox messages since `since` (the newest 500 and the candidates beyond them;
    `more_than_counted` when there are more), `candidate_ids` those of them that are important, starred or
    addressed to the owner and not bulk.
    `failed_ids` could not be read although tried again. `units` is the Gmail quota used.
    `settled_threads` are those whose last message since `details_since` is no inbox mail from somebody else:
    answered, or dealt with.
    `details_since` is where reading in full began: at most 72 hours back, counts cover all since `since`.
    """

    owner: str
    since: datetime
    details_since: datetime
    mails: tuple[Mail, ...] = ()
    new_ids: tuple[str, ...] = ()
    candidate_ids: tuple[str, ...] = ()
    failed_ids: tuple[str, ...] = ()
    more_than_counted: bool = False
    units: int = 0
    settled_threads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Event:
    """One appointment: `start`/`end` are datetimes in the calendar's zone, or dates when `all_day`.

    For all-day events `end` is the last day, inclusive. `answer` is the owner's: accepted, tentative,
    declined, needsAction, or empty where nobody was asked.
    """

    id: str
    title: str
    start: datetime | date
    end: datetime | date
    all_day: bool = False
    location: str = ""
    meeting_link: str = ""
    link: str = ""
    answer: str = ""
    recurring: bool = False
    organizer: str = ""


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One headline; `feed` is the feed's title, `published` is None where the feed does not say."""

    title: str
    link: str
    feed: str
    published: datetime | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class NewsBatch:
    """Headlines, newest first, and the feeds that failed with a short machine reason each."""

    items: tuple[NewsItem, ...] = ()
    failed: tuple[tuple[str, str], ...] = field(default=())

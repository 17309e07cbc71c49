"""What a briefing is made from (`BriefingInputs`), decided as (`Briefing`) and sent as (`SlackMessage`).

compose_briefing(BriefingInputs) -> Briefing, render_slack(Briefing) -> SlackMessage: both pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from zoneinfo import ZoneInfo

from services.sources.records import Address, Event, Invitation, MailBatch, NewsBatch, NewsItem

Kind = Literal["daily", "completion", "manual"]
Source = Literal["mail", "calendar", "news"]
Completeness = Literal["complete", "partial"]


@dataclass(frozen=True, slots=True)
class Missing:
    """A section that could not be had.

    `reason` is a machine name: an error's `code` or a token status reason (`not_connected`,
    `missing_scope`, `unavailable`, …). Unknown ones are told honestly as such; for them `cure` may name
    what mends it (`reconnect`, `wait`, …; see `services/briefing/missing.py`). `passing`: asking again
    later may help.
    """

    source: Source
    reason: str
    cure: str = ""
    passing: bool = False


@dataclass(frozen=True, slots=True)
class BriefingInputs:
    """All that a briefing is composed from.

    A source that is None was turned off by the person; `Missing` was wanted and could not be had.
    `now` and `scheduled_for` are aware; `local_date` is the day the briefing is for, in `zone`.
    `vips` and `muted` are mail addresses; `seen_ids` are mails that an earlier briefing has counted.
    `portal_url` is the portal's root; `account_email` is the Google account the links should open.
    `silent_when_empty`: a daily one with nothing new in it is not wanted. `completes`: the sections that the
    day's briefing lacked, where this one completes it.
    """

    person_name: str
    locale: str
    zone: ZoneInfo
    now: datetime
    local_date: date
    kind: Kind
    scheduled_for: datetime | None
    mail: MailBatch | Missing | None
    calendar: tuple[Event, ...] | Missing | None
    news: NewsBatch | Missing | None
    portal_url: str
    account_email: str
    vips: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()
    seen_ids: frozenset[str] = frozenset()
    silent_when_empty: bool = False
    completes: frozenset[str] = frozenset()


class Mark(StrEnum):
    """Why a mail stands where it stands, as far as it is worth telling."""

    VIP = "vip"
    STARRED = "starred"
    BOUNCE = "bounce"
    AWAITING = "awaiting"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class MailItem:
    """One conversation: its newest mail, and what the mails before it add.

    `senders` are all who wrote, newest first. `message_ids` are the mails it stands for.
    """

    message_ids: tuple[str, ...]
    senders: tuple[Address, ...]
    subject: str
    text: str
    received_at: datetime
    link: str
    marks: frozenset[Mark] = frozenset()
    attachments: int = 0
    invitation: Invitation | None = None
    failed_recipient: str = ""


@dataclass(frozen=True, slots=True)
class MailDigest:
    """The mail section. `items` best first; the counts are of messages and do not overlap.

    `may_matter`: candidates not listed. `other`: newsletters, notifications, not addressed to the owner.
    `muted`: from muted senders. `unreadable`: could not be read. `at_least`: there are more than counted.
    """

    owner: str
    since: datetime
    details_since: datetime
    items: tuple[MailItem, ...] = ()
    may_matter: int = 0
    other: int = 0
    muted: int = 0
    unreadable: int = 0
    at_least: bool = False

    @property
    def total(self) -> int:
        """All new messages this digest speaks of."""
        listed = sum(len(item.message_ids) for item in self.items)
        return listed + self.may_matter + self.other + self.muted + self.unreadable

    @property
    def counts_reach_further(self) -> bool:
        """Whether older mail was only counted, not read."""
        return self.details_since - self.since > timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Appointment:
    """A timed event of the day, its times in the person's zone.

    `state`: `now` is running, `next` is the one that starts next.
    """

    event: Event
    start: datetime
    end: datetime
    state: Literal["now", "next", "later"] = "later"
    overlaps: bool = False

    @property
    def starts(self) -> float:
        """The instant of the start: two moments of one zone compare by the clock on the wall, which repeats
        an hour each autumn."""
        return self.start.timestamp()

    @property
    def ends(self) -> float:
        """The instant of the end."""
        return self.end.timestamp()


@dataclass(frozen=True, slots=True)
class Agenda:
    """The calendar section: whole-day events, then by time. `over` counts those that have ended.

    `tomorrow` is tomorrow's first one where it is early.
    """

    all_day: tuple[Event, ...] = ()
    timed: tuple[Appointment, ...] = ()
    over: int = 0
    tomorrow: Appointment | None = None


@dataclass(frozen=True, slots=True)
class Headlines:
    """The news section: few headlines, and how many feeds could not be read."""

    items: tuple[NewsItem, ...] = ()
    failed_feeds: int = 0


@dataclass(frozen=True, slots=True)
class Briefing:
    """What was decided for one person and day.

    `late_by` is set where a daily one is worth an apology. `cursor` is the newest included mail's time, None
    where no mail was read; the next look into the mailbox starts there. `message_ids` are all new mails
    that were counted, for leaving them out next time; unreadable ones are not among them. `added` are the
    sections of a completion that the day's briefing lacked, in their order.
    """

    kind: Kind
    locale: str
    zone: ZoneInfo
    person_name: str
    now: datetime
    local_date: date
    scheduled_for: datetime | None
    portal_url: str
    account_email: str
    agenda: Agenda | None = None
    mail: MailDigest | None = None
    news: Headlines | None = None
    missing: tuple[Missing, ...] = ()
    late_by: timedelta | None = None
    nothing_new: bool = False
    silent_when_empty: bool = False
    cursor: datetime | None = None
    message_ids: tuple[str, ...] = ()
    added: tuple[Source, ...] = ()

    @property
    def completeness(self) -> Completeness:
        """`partial` where a section that was wanted is missing."""
        return "partial" if self.missing else "complete"

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is better than this one."""
        return self.nothing_new and self.silent_when_empty and self.kind == "daily"

    @property
    def is_empty_handed(self) -> bool:
        """Whether every section that was wanted is missing, or a completion has nothing to add."""
        if self.kind == "completion":
            return not self.added
        return bool(self.missing) and self.agenda is None and self.mail is None and self.news is None

    @property
    def may_get_better(self) -> bool:
        """Whether a section is missing that may be there a little later."""
        return any(section.passing for section in self.missing)

    @property
    def covers_since(self) -> datetime | None:
        """From when on mail is covered; None without mail."""
        return self.mail.since if self.mail else None


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """Ready for chat.postMessage. `text` is what notifications show, already escaped."""

    text: str
    blocks: list[dict[str, Any]] = field(default_factory=list)

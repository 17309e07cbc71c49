"""Which mail comes first, and which is not shown at all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from services.briefing.model import MailItem, Mark
from services.briefing.reading import asks_something
from services.sources.records import Address, Mail

# What a calendar part may say that its reader must know; a REPLY is only an answer to their own invitation.
_MEETING_NEWS = frozenset({"REQUEST", "CANCEL", "COUNTER"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, as far as ranking needs it; all are lower-case mail addresses."""

    addresses: frozenset[str]
    vips: frozenset[str] = frozenset()
    muted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RankedMail:
    """`items` are all conversations worth listing, best first; the others by message id.

    `bulk`: newsletters and notifications. `muted`: from muted senders. `own`: written by the reader or by
    this product, which no count includes.
    """

    items: tuple[MailItem, ...]
    bulk: frozenset[str]
    muted: frozenset[str]
    own: frozenset[str]


def rank_mails(
    mails: Iterable[Mail], reader: Reader, settled_threads: frozenset[str] = frozenset()
) -> RankedMail:
    """Sort new mails out: conversations to list, best first, and what is only counted or left out.

    The first row in which two conversations differ decides. The mails of a conversation count together.

    | row | first comes                          | because                                        |
    |-----|--------------------------------------|------------------------------------------------|
    | 1   | a VIP's                              | the reader named them                          |
    | 2   | starred                              | the reader marked it, or a filter of theirs    |
    | 3   | the reader's own mail that came back | nobody else will tell them                     |
    | 4   | Gmail's important                    | Gmail learned it from what the reader opens    |
    | 5   | To the reader, before Cc and lists   | it was written to them                         |
    | 6   | somebody waits for an answer         | asks in the newest mail, which is not answered |
    | 7   | an invitation                        | it wants an answer too                         |
    | 8   | a reply                              | a conversation goes on                         |
    | 9   | the newer                            |                                                |

    Bulk mail is not listed unless it is starred, a VIP's, a delivery report or news of a meeting: machines
    send those two as well. What the reader wrote only shows which conversations they have answered;
    `settled_threads` are further threads in which nobody waits for them.
    """
    unique = {mail.id: mail for mail in mails}.values()
    own = [mail for mail in unique if mail.own_briefing or mail.sender.email.lower() in reader.addresses]
    own_ids = frozenset(mail.id for mail in own)
    others = [mail for mail in unique if mail.id not in own_ids]
    muted = frozenset(mail.id for mail in others if mail.sender.email.lower() in reader.muted)
    heard = [mail for mail in others if mail.id not in muted]
    bulk = frozenset(mail.id for mail in heard if _is_only_bulk(mail, reader))
    answered = {_thread(mail): mail.received_at for mail in sorted(own, key=_age) if not mail.own_briefing}
    conversations = [
        _Conversation(thread, reader, answered.get(_thread(thread[0])), settled_threads)
        for thread in _threads(mail for mail in heard if mail.id not in bulk)
    ]
    conversations.sort(key=lambda conversation: conversation.standing, reverse=True)
    return RankedMail(tuple(conversation.item for conversation in conversations), bulk, muted, own_ids)


class _Conversation:
    """The new mails of one thread, newest first, seen by its reader."""

    def __init__(
        self,
        mails: Sequence[Mail],
        reader: Reader,
        answered_at: datetime | None,
        settled_threads: frozenset[str],
    ) -> None:
        self.newest = newest = mails[0]
        self.is_important = any("IMPORTANT" in mail.labels for mail in mails)
        self.is_addressed = any(_addressed(mail, reader) for mail in mails)
        self.is_reply = any(mail.is_reply for mail in mails)
        marks = {
            Mark.VIP: any(mail.sender.email.lower() in reader.vips for mail in mails),
            Mark.STARRED: any("STARRED" in mail.labels for mail in mails),
            Mark.BOUNCE: newest.bounce,
            Mark.INVITATION: _invitation_method(newest) == "REQUEST",
            Mark.AWAITING: _awaits_answer(newest, reader)
            and _thread(newest) not in settled_threads
            and (answered_at is None or answered_at < newest.received_at),
        }
        self.item = MailItem(
            message_ids=tuple(mail.id for mail in mails),
            senders=_senders(mails),
            subject=newest.subject,
            text=newest.text,
            received_at=newest.received_at,
            link=newest.link,
            marks=frozenset(mark for mark, holds in marks.items() if holds),
            attachments=sum(max(mail.attachment_count, len(mail.attachments)) for mail in mails),
            invitation=newest.invitation,
            failed_recipient=newest.failed_recipient,
        )

    @property
    def standing(self) -> tuple[bool | datetime | str, ...]:
        """The rows of the table in `rank_mails`, greater is better; the id makes the order total."""
        marks = self.item.marks
        return (
            Mark.VIP in marks,
            Mark.STARRED in marks,
            Mark.BOUNCE in marks,
            self.is_important,
            self.is_addressed,
            Mark.AWAITING in marks,
            Mark.INVITATION in marks,
            self.is_reply,
            self.newest.received_at,
            self.newest.id,
        )


def _is_only_bulk(mail: Mail, reader: Reader) -> bool:
    wanted = "STARRED" in mail.labels or mail.sender.email.lower() in reader.vips
    return mail.bulk and not (wanted or mail.bounce or _invitation_method(mail) in _MEETING_NEWS)


def _addressed(mail: Mail, reader: Reader) -> bool:
    return any(address.email.lower() in reader.addresses for address in mail.to)


def _awaits_answer(mail: Mail, reader: Reader) -> bool:
    if mail.bounce or mail.bulk or mail.invitation or not _addressed(mail, reader):
        return False
    # A reply carries the subject of whoever asked first.
    return asks_something(mail.text) or (not mail.is_reply and asks_something(mail.subject))


def _invitation_method(mail: Mail) -> str:
    return mail.invitation.method.upper() if mail.invitation else ""


def _thread(mail: Mail) -> str:
    return mail.thread_id or mail.id


def _age(mail: Mail) -> tuple[datetime, str]:
    return mail.received_at, mail.id


def _threads(mails: Iterable[Mail]) -> list[list[Mail]]:
    """The mails by thread, newest first in each."""
    together = sorted(mails, key=_thread)
    return [sorted(thread, key=_age, reverse=True) for _, thread in groupby(together, key=_thread)]


def _senders(mails: Sequence[Mail]) -> tuple[Address, ...]:
    by_address: dict[str, Address] = {}
    for mail in mails:
        by_address.setdefault(mail.sender.email.lower() or mail.sender.name, mail.sender)
    return tuple(by_address.values())

"""From what the sources gave to what a briefing says. Pure: no clock, no I/O, no wording."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.briefing.agenda import compose_agenda
from services.briefing.headlines import compose_headlines
from services.briefing.lateness import LATE
from services.briefing.model import (
    Agenda,
    Briefing,
    BriefingInputs,
    Headlines,
    MailDigest,
    Missing,
    Source,
)
from services.briefing.rank import RankedMail, Reader, rank_mails
from services.sources.records import Mail, MailBatch

MAILS_LISTED = 7


def compose_briefing(inputs: BriefingInputs) -> Briefing:
    """Decide what one person is told: today's events, the mail that matters, a few headlines.

    What is missing is told with its reason; a daily one more than `LATE` behind `scheduled_for` is late.
    """
    mail = inputs.mail if isinstance(inputs.mail, MailBatch) else None
    new = _new_mails(mail, inputs.seen_ids) if mail else ()
    agenda, news, missing = _agenda(inputs), _news(inputs), _missing(inputs)
    digest = _digest(mail, new, inputs) if mail else None
    return Briefing(
        kind=inputs.kind,
        locale=inputs.locale,
        zone=inputs.zone,
        person_name=inputs.person_name,
        now=inputs.now,
        local_date=inputs.local_date,
        scheduled_for=inputs.scheduled_for,
        portal_url=inputs.portal_url.rstrip("/"),
        account_email=inputs.account_email,
        agenda=agenda,
        mail=digest,
        news=news,
        missing=missing,
        late_by=_late_by(inputs),
        nothing_new=not missing and _is_empty(agenda, digest, news),
        silent_when_empty=inputs.silent_when_empty,
        cursor=_cursor(new, inputs.now),
        message_ids=_counted_ids(mail, inputs.seen_ids) if mail else (),
        added=_added(inputs, agenda, digest),
    )


def _added(inputs: BriefingInputs, agenda: Agenda | None, digest: MailDigest | None) -> tuple[Source, ...]:
    there: dict[Source, Agenda | MailDigest | None] = {"calendar": agenda, "mail": digest}
    if inputs.kind != "completion":
        return ()
    return tuple(name for name, section in there.items() if section is not None and name in inputs.completes)


def _agenda(inputs: BriefingInputs) -> Agenda | None:
    if inputs.calendar is None or isinstance(inputs.calendar, Missing):
        return None
    # What is composed ahead of its time is read at its time.
    read_at = max(inputs.now, inputs.scheduled_for or inputs.now)
    return compose_agenda(inputs.calendar, day=inputs.local_date, now=read_at, zone=inputs.zone)


def _news(inputs: BriefingInputs) -> Headlines | None:
    if inputs.news is None or isinstance(inputs.news, Missing):
        return None
    headlines = compose_headlines(inputs.news)
    return headlines if headlines.items or not headlines.failed_feeds else None


def _missing(inputs: BriefingInputs) -> tuple[Missing, ...]:
    """In the order of the sections. News is missing too when every feed that might have had some failed."""
    wanted = [inputs.calendar, inputs.mail, inputs.news]
    missing = [section for section in wanted if isinstance(section, Missing)]
    if inputs.news and not isinstance(inputs.news, Missing) and inputs.news.failed and not inputs.news.items:
        missing.append(Missing("news", "unavailable", passing=True))
    return tuple(missing)


def _digest(batch: MailBatch, new: Iterable[Mail], inputs: BriefingInputs) -> MailDigest:
    """Who is listed, and every other new message counted once."""
    addresses = frozenset(_lower({batch.owner, inputs.account_email} - {""}))
    reader = Reader(addresses, frozenset(_lower(inputs.vips)), frozenset(_lower(inputs.muted)))
    ranked = rank_mails(new, reader, batch.settled_threads)
    items = ranked.items[:MAILS_LISTED]
    listed = {message_id for item in items for message_id in item.message_ids}
    unreadable = set(batch.failed_ids) - inputs.seen_ids
    counted = set(_counted_ids(batch, inputs.seen_ids)) - ranked.own
    rest = counted - listed - ranked.muted
    may_matter = rest & _candidates(batch, ranked)
    return MailDigest(
        owner=inputs.account_email or batch.owner,
        since=batch.since,
        details_since=batch.details_since,
        items=items,
        may_matter=len(may_matter),
        other=len(rest - may_matter),
        muted=len(ranked.muted),
        unreadable=len(unreadable),
        at_least=batch.more_than_counted,
    )


def _candidates(batch: MailBatch, ranked: RankedMail) -> set[str]:
    """What may matter: chosen by the queries or worth listing, and not bulk once it was read."""
    worth_listing = {message_id for item in ranked.items for message_id in item.message_ids}
    return (set(batch.candidate_ids) | worth_listing) - ranked.bulk


def _new_mails(batch: MailBatch, seen_ids: frozenset[str]) -> tuple[Mail, ...]:
    return tuple(mail for mail in batch.mails if mail.id not in seen_ids)


def _counted_ids(batch: MailBatch, seen_ids: frozenset[str]) -> tuple[str, ...]:
    """All new messages but the unreadable ones, which get another chance next time."""
    new = dict.fromkeys([*batch.new_ids, *batch.candidate_ids, *(mail.id for mail in batch.mails)])
    left_out = seen_ids | set(batch.failed_ids)
    return tuple(message_id for message_id in new if message_id not in left_out)


def _cursor(new: Iterable[Mail], now: datetime) -> datetime | None:
    """The newest included message's time; never in the future, or mail until then would be lost."""
    return max((min(mail.received_at, now) for mail in new), default=None)


def _late_by(inputs: BriefingInputs) -> timedelta | None:
    if inputs.kind != "daily" or inputs.scheduled_for is None:
        return None
    late = inputs.now - inputs.scheduled_for
    return late if late > LATE else None


def _is_empty(agenda: Agenda | None, digest: MailDigest | None, news: Headlines | None) -> bool:
    return (
        (agenda is None or agenda == Agenda(over=agenda.over))
        and (digest is None or digest.total == 0)
        and (news is None or news == Headlines())
    )


def _lower(addresses: Iterable[str]) -> Iterable[str]:
    return (address.strip().lower() for address in addresses)

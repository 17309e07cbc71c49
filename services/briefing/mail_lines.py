"""The mail section in words: one conversation's lines, and what was only counted."""

from __future__ import annotations

from datetime import date, datetime

from services.briefing.escape import link, literal
from services.briefing.model import Briefing, MailDigest, MailItem, Mark
from services.briefing.moments import in_zone
from services.briefing.reading import gist
from services.i18n import Translator
from services.sources.gmail.message import search_link
from services.sources.records import Address, Invitation

SENDER_COLUMNS = 36
PLACE_COLUMNS = 40
SENDERS_NAMED = 2

# The same division as the queries that the mail was chosen by; {} is Gmail's way to say "any of these".
_MACHINES = "category:promotions category:social category:updates category:forums"
_TO_ME = "to:me -" + _MACHINES.replace(" ", " -")
_MAY_MATTER = f"{{is:important is:starred ({_TO_ME})}}"
_OTHER = f"-is:important -is:starred {{{_MACHINES} -to:me}}"


def mail_item(item: MailItem, briefing: Briefing, t: Translator, *, subject: int, text: int) -> str:
    """Who and when, the subject as a link into Gmail, and the newest text; widths in columns, 0 for none."""
    heading = literal(item.subject, subject) or t.gettext("(no subject)")
    newest = _newest(item, briefing, t, text) if text else ""
    return "\n".join(filter(None, [_who_and_when(item, briefing, t), link(item.link, heading), newest]))


def counted_only(digest: MailDigest, t: Translator, *, unlisted: int = 0) -> list[str]:
    """What is not listed, each with a search for it in Gmail; `unlisted` had to be left out for space."""
    counted = [_may_matter(digest, digest.may_matter + unlisted, t), _other(digest, t)]
    if digest.muted:
        counted.append(t.ngettext("{n} from muted senders", "{n} from muted senders", digest.muted))
    if digest.unreadable:
        counted.append(t.ngettext("{n} could not be read", "{n} could not be read", digest.unreadable))
    return [part for part in counted if part]


def only_counted_before(briefing: Briefing, digest: MailDigest, t: Translator) -> str:
    """Up to when mail was not looked into, after long gaps; empty otherwise."""
    if not digest.counts_reach_further:
        return ""
    moment = in_zone(digest.details_since, briefing.zone)
    when = t.day_and_time(moment, today=_today(briefing))
    return t.gettext("Mail from before {when} was only counted", when=when)


def _who_and_when(item: MailItem, briefing: Briefing, t: Translator) -> str:
    received = in_zone(item.received_at, briefing.zone)
    today = _today(briefing)
    when = t.time(received) if received.date() == today else t.day_and_time(received, today=today)
    return " · ".join([f"*{_senders(item.senders, t)}*", when, *_marks(item, t)])


def _senders(senders: tuple[Address, ...], t: Translator) -> str:
    names = [literal(sender_name(sender), SENDER_COLUMNS) for sender in senders[:SENDERS_NAMED]]
    named = ", ".join(filter(None, names)) or t.gettext("(unknown sender)")
    more = len(senders) - SENDERS_NAMED
    if more <= 0:
        return named
    return t.ngettext("{names} and {n} other", "{names} and {n} others", more, names=named)


def sender_name(sender: Address) -> str:
    """The name, not escaped; the address where the name pretends to be one."""
    return sender.name if sender.name.strip() and "@" not in sender.name else sender.email or sender.name


def _marks(item: MailItem, t: Translator) -> list[str]:
    mails = len(item.message_ids)
    marks = [
        (Mark.VIP in item.marks, t.gettext("VIP")),
        (Mark.STARRED in item.marks, "⭐"),
        (Mark.BOUNCE in item.marks, t.gettext("⚠️ returned")),
        (Mark.AWAITING in item.marks, t.gettext("💬 awaits your reply")),
        (mails > 1, t.ngettext("{n} email", "{n} emails", mails)),
        (item.attachments > 0, f"📎 {item.attachments}"),
    ]
    return [mark for holds, mark in marks if holds]


def _newest(item: MailItem, briefing: Briefing, t: Translator, columns: int) -> str:
    if Mark.BOUNCE in item.marks:
        to = literal(item.failed_recipient, columns)
        if to:
            return t.gettext("Your mail did not reach {recipient}", recipient=to)
        return t.gettext("Your mail did not reach its recipient")
    if item.invitation:
        meeting = _meeting(item.invitation, briefing, t)
        if meeting:
            return meeting
    writer = next((sender.name for sender in item.senders), "")
    return literal(gist(item.text, writer=writer), columns)


def _meeting(invitation: Invitation, briefing: Briefing, t: Translator) -> str:
    if invitation.start is None:
        return ""
    when = _start(invitation.start, briefing, t)
    what = " · ".join(filter(None, [when, literal(invitation.location, PLACE_COLUMNS)]))
    match invitation.method.upper():
        case "REQUEST":
            return t.gettext("📅 Invitation: {what}", what=what)
        case "CANCEL":
            return t.gettext("📅 Cancelled: {what}", what=what)
        case _:
            return ""


def _start(start: datetime | date, briefing: Briefing, t: Translator) -> str:
    if not isinstance(start, datetime):
        return t.day(start, today=_today(briefing))
    return t.day_and_time(in_zone(start, briefing.zone), today=_today(briefing))


def _may_matter(digest: MailDigest, count: int, t: Translator) -> str:
    if not count:
        return ""
    if digest.at_least:
        number = t.ngettext("more than {n} more email", "more than {n} more emails", count)
    else:
        number = t.ngettext("{n} more email", "{n} more emails", count)
    return t.ngettext(
        "{emails} that may matter",
        "{emails} that may matter",
        count,
        emails=_search(digest, _MAY_MATTER, number),
    )


def _other(digest: MailDigest, t: Translator) -> str:
    if not digest.other:
        return ""
    if digest.at_least:
        number = t.ngettext("more than {n} other", "more than {n} others", digest.other)
    else:
        number = t.ngettext("{n} other", "{n} others", digest.other)
    if digest.counts_reach_further:
        return _search(digest, "", number)
    return t.gettext(
        "{emails}: newsletters, notifications, not addressed to you directly",
        emails=_search(digest, _OTHER, number),
    )


def _search(digest: MailDigest, terms: str, label: str) -> str:
    query = f"in:inbox after:{int(digest.since.timestamp())} -from:me {terms}".strip()
    return link(search_link(query, digest.owner), label)


def _today(briefing: Briefing) -> date:
    return in_zone(briefing.now, briefing.zone).date()

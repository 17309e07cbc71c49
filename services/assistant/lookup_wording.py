"""What was found in mail and calendar, in words, and what was looked for. Pure.

What stands in mails and appointments, and what people typed, is strangers' text and escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal
from urllib.parse import quote

from services.assistant.understanding.requests import CalendarQuestion, MailSearch, Trait
from services.briefing.agenda import compose_agenda
from services.briefing.agenda_lines import all_day_line, timed_line
from services.briefing.blocks import Block, context, link_button, section, sections, size
from services.briefing.escape import cut, link, literal
from services.briefing.mail_lines import SENDER_COLUMNS, sender_name
from services.briefing.missing import explain
from services.briefing.model import Agenda, Appointment, Missing, SlackMessage, Source
from services.briefing.moments import day_bounds, in_zone
from services.briefing.render import SIZE_LIMIT
from services.i18n import N_, Translator
from services.sources.gmail.message import search_link
from services.sources.gmail.search import FoundMail
from services.sources.records import Event, Mail

TERM_COLUMNS = 60
SUBJECT_COLUMNS = 90
TITLE_COLUMNS = 60
TERMS = 8
# How many appointments are listed: as many as the message takes.
LISTED = (30, 20, 12, 6)
LONGEST = 62  # days
_FALLBACK_COLUMNS = 200
_WEEK = timedelta(days=7)
_TRAITS = {
    Trait.UNREAD: N_("unread"),
    Trait.STARRED: N_("starred"),
    Trait.IMPORTANT: N_("important"),
    Trait.ATTACHMENT: N_("with an attachment"),
    Trait.SENT: N_("sent by you"),
    Trait.TRASH: N_("in the trash"),
    Trait.SPAM: N_("in spam"),
}


def mail_found(
    search: MailSearch, found: FoundMail, t: Translator, *, owner: str, zone: tzinfo, today: date
) -> SlackMessage:
    """The newest mails that match, each with a link into Gmail, and how many there are."""
    meaning = search_in_words(search, t, zone=zone, today=today)
    all_of_it = link_button(t.gettext("Open in Gmail"), search_link(search.query, owner), "open_mail")
    if not found.count:
        return _message(t.gettext("No mail found: {meaning}", meaning=meaning), accessory=all_of_it)
    count = t.ngettext("{n} email", "{n} emails", found.count)
    if found.more:
        count = t.gettext("more than {n} emails", n=found.count)
    heading = t.gettext("📬 *{emails}* · {meaning}", emails=count, meaning=meaning)
    lines = [section(_mail(mail, t, owner=owner, zone=zone, today=today)) for mail in found.mails]
    fewer = found.more or found.count > len(found.mails)
    notes = (
        [t.ngettext("The newest one is shown", "The newest {n} are shown", len(found.mails))] if fewer else []
    )
    return _message(heading, accessory=all_of_it, more=[*lines, *context(notes)])


def search_in_words(search: MailSearch, t: Translator, *, zone: tzinfo, today: date) -> str:
    """What mail is looked for, as mrkdwn: `“invoice” · from 민수 · Nov 9–Nov 15`."""
    parts = [
        *(t.gettext("“{text}”", text=literal(words, TERM_COLUMNS)) for words in search.words),
        *(t.gettext("from {name}", name=literal(name, TERM_COLUMNS)) for name in search.senders),
        *(t.gettext("to {name}", name=literal(name, TERM_COLUMNS)) for name in search.recipients),
        *(t.gettext("subject “{text}”", text=literal(text, TERM_COLUMNS)) for text in search.subject),
        *(t.gettext(_TRAITS[trait]) for trait in search.traits),
        *(literal(operator, TERM_COLUMNS) for operator in search.operators),
    ]
    named = [*parts[:TERMS], _between(search, t, zone=zone, today=today)]
    return " · ".join(filter(None, named)) or t.gettext("in the inbox")


def calendar_found(
    question: CalendarQuestion,
    events: Sequence[Event],
    t: Translator,
    *,
    owner: str,
    zone: tzinfo,
    now: datetime,
) -> SlackMessage:
    """What the calendar holds in the period asked for, day by day, or the next appointment."""
    local = in_zone(now, zone)
    period = period_in_words(question, t, today=local.date())
    days = _agendas(question, events, zone, local)
    opened = _open_calendar(question.start, owner, t)
    if question.asks == "next":
        return _next(days, period, t, now=local, opened=opened)
    if not days:
        return _message(t.gettext("Nothing in your calendar: {period}", period=period), accessory=opened)
    events_found = len({event.id for _, agenda in days for event in _all(agenda)})
    count = t.ngettext("{n} event", "{n} events", events_found)
    heading = t.gettext("📅 *{events}* · {period}", events=count, period=period)
    one_day = _last_day(question) == question.start.date()
    for listed in LISTED:  # the last one always fits
        message = _message(
            heading, accessory=opened, more=_listed(days, t, listed, headings=not one_day, today=local.date())
        )
        if size(message.blocks) <= SIZE_LIMIT:
            break
    return message


def period_in_words(question: CalendarQuestion, t: Translator, *, today: date) -> str:
    """`tomorrow (Sun, Nov 22)`, `Mon, Nov 23–Fri, Nov 27`, `today (…), 2:00–4:00 PM`."""
    start, end = question.start, question.end
    first, last = start.date(), _last_day(question)
    whole = start.time() == time.min and end.time() == time.min
    if question.asks == "next" and end - start == _WEEK and not whole:
        return t.gettext("the next 7 days")
    if first != last:
        return _from_to(_day(first, t, today=today), _day(last, t, today=today), t)
    day = _day(first, t, today=today)
    if whole:
        return day
    until_midnight = end.date() != first
    hours = t.gettext("from {time} on", time=t.time(start)) if until_midnight else t.time_range(start, end)
    return f"{day}, {hours}"


def refused(needs: Source, reason: str, t: Translator, *, portal_url: str, owner: str) -> SlackMessage:
    """Why mail or calendar cannot be read, where connecting again would not help, and what does."""
    why = explain([Missing(needs, reason)], t, portal_url=portal_url, account_email=owner)
    button = link_button(why.button, why.url, why.action_id) if why.url else None
    return _message(why.happened, why.cure, accessory=button)


def _mail(mail: Mail, t: Translator, *, owner: str, zone: tzinfo, today: date) -> str:
    received = in_zone(mail.received_at, zone)
    when = t.time(received) if received.date() == today else t.day_and_time(received, today=today)
    subject = literal(mail.subject, SUBJECT_COLUMNS) or t.gettext("(no subject)")
    return f"*{_correspondent(mail, t, owner)}* · {when}\n{link(mail.link, subject)}"


def _correspondent(mail: Mail, t: Translator, owner: str) -> str:
    """Who wrote; of one's own mail, to whom."""
    if mail.sender.email == owner and mail.to:
        return t.gettext("to {name}", name=literal(sender_name(mail.to[0]), SENDER_COLUMNS))
    return literal(sender_name(mail.sender), SENDER_COLUMNS) or t.gettext("(unknown sender)")


def _between(search: MailSearch, t: Translator, *, zone: tzinfo, today: date) -> str:
    first = in_zone(search.start, zone).date() if search.start else None
    last = (in_zone(search.end, zone) - timedelta(microseconds=1)).date() if search.end else None
    if first and last:
        if first == last:
            return _day(first, t, today=today)
        return _from_to(_day(first, t, today=today), _day(last, t, today=today), t)
    if first:
        return t.gettext("since {day}", day=_day(first, t, today=today))
    return t.gettext("up to {day}", day=_day(last, t, today=today)) if last else ""


def _agendas(
    question: CalendarQuestion, events: Sequence[Event], zone: tzinfo, now: datetime
) -> list[tuple[date, Agenda]]:
    """The days of the period that hold anything; what is over stands there too: it was asked for."""
    first = question.start.date()
    length = min((_last_day(question) - first).days + 1, LONGEST)
    days = [first + timedelta(days=offset) for offset in range(length)]
    agendas = (
        (day, compose_agenda(events, day=day, now=day_bounds(day, zone)[0], zone=zone)) for day in days
    )
    return [(day, _as_of(agenda, day, now)) for day, agenda in agendas if _all(agenda)]


def _as_of(agenda: Agenda, day: date, now: datetime) -> Agenda:
    """What runs and what is next is said of today alone."""
    moment = now.timestamp()
    ahead = (
        next((one.starts for one in agenda.timed if one.starts > moment), None) if day == now.date() else None
    )
    return replace(
        agenda, timed=tuple(replace(one, state=_state(one, moment, ahead)) for one in agenda.timed)
    )


def _state(one: Appointment, moment: float, ahead: float | None) -> Literal["now", "next", "later"]:
    if one.starts <= moment < one.ends:
        return "now"
    return "next" if one.starts == ahead else "later"


def _all(agenda: Agenda) -> list[Event]:
    return [*agenda.all_day, *(one.event for one in agenda.timed)]


def _next(
    days: Sequence[tuple[date, Agenda]], period: str, t: Translator, *, now: datetime, opened: Block | None
) -> SlackMessage:
    """The first appointment that has not begun; a whole-day one where there is no other."""
    for day, agenda in days:
        for one in agenda.timed:
            if one.starts >= now.timestamp():
                heading = t.gettext("Your next event: {day}", day=_day(day, t, today=now.date()))
                return _message(heading, timed_line(one, t, day=day, title=TITLE_COLUMNS), accessory=opened)
    for day, agenda in days:
        if agenda.all_day and day >= now.date():
            heading = t.gettext("Your next event: {day}", day=_day(day, t, today=now.date()))
            return _message(
                heading, all_day_line(agenda.all_day[0], t, title=TITLE_COLUMNS), accessory=opened
            )
    return _message(t.gettext("Nothing in your calendar: {period}", period=period), accessory=opened)


def _listed(
    days: Sequence[tuple[date, Agenda]], t: Translator, limit: int, *, headings: bool, today: date
) -> list[Block]:
    lines: list[str] = []
    listed = 0
    for day, agenda in days:
        of_day = [
            *(all_day_line(event, t, title=TITLE_COLUMNS) for event in agenda.all_day),
            *(timed_line(one, t, day=day, title=TITLE_COLUMNS) for one in agenda.timed),
        ][: limit - listed]
        if of_day and headings:
            lines.append(("\n" if lines else "") + f"*{_day(day, t, today=today)}*")
        lines += of_day
        listed += len(of_day)
    unlisted = sum(len(_all(agenda)) for _, agenda in days) - listed
    notes = [t.ngettext("{n} more event", "{n} more events", unlisted)] if unlisted else []
    return [*sections(lines), *context(notes)]


def _open_calendar(start: datetime, owner: str, t: Translator) -> Block | None:
    account = quote(owner, safe="", errors="replace")
    url = f"https://calendar.google.com/calendar/r/day/{start:%Y/%m/%d}?authuser={account}"
    return link_button(t.gettext("Open the calendar"), url, "open_calendar")


def _last_day(question: CalendarQuestion) -> date:
    return max(question.start, question.end - timedelta(microseconds=1)).date()


def _day(day: date, t: Translator, *, today: date) -> str:
    """The date with its weekday, and with its name where it is near."""
    exact = t.short_date(day) if day.year == today.year else t.day(day, today=today)
    if abs((day - today).days) > 1:
        return exact
    return t.gettext("{day} ({date})", day=t.day(day, today=today), date=t.short_date(day))


def _from_to(start: str, end: str, t: Translator) -> str:
    return t.pgettext("from one time to another", "{start}–{end}", start=start, end=end)


def _message(*lines: str, accessory: Block | None = None, more: Sequence[Block] = ()) -> SlackMessage:
    return SlackMessage(
        cut(lines[0].replace("\n", " "), _FALLBACK_COLUMNS), [section("\n".join(lines), accessory), *more]
    )

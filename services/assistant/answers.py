"""What the assistant says, in the reader's language, as Slack messages. Pure.

Names and what people typed arrive as they are and are escaped here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from services.assistant import buttons, confirmed
from services.assistant.buttons import actions, button
from services.assistant.examples import example
from services.assistant.understanding.requests import ChangeTime, Pause, Request, Resume, Service
from services.briefing.blocks import Block, context, link_button, section
from services.briefing.escape import cut, escape, literal
from services.briefing.missing import SERVICES
from services.briefing.model import SlackMessage
from services.i18n import N_, Translator

NAME_COLUMNS = 40
_FALLBACK_COLUMNS = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """How things are for a person, as the status answer tells it.

    `account` is the connected Google address, empty where there is none; `broken` that it has to be
    connected again; `calendar` that the calendar may be read. `next_at` is when the next briefing comes, on
    the person's clock, None where none will. `today` is their date.
    """

    account: str
    broken: bool
    calendar: bool
    next_at: datetime | None
    paused_until: date | None
    today: date


def greeting(name: str, t: Translator) -> SlackMessage:
    """Hello, by name; some write their name with Korean's title of respect, which is not said twice."""
    said = literal(_TITLE.sub("", name), NAME_COLUMNS)
    hello = t.gettext("Hello, {name}!", name=said) if said else t.gettext("Hello!")
    return _message(hello, t.gettext("Ask me for your briefing, your mail or your calendar."))


def thanks(t: Translator) -> SlackMessage:
    """You are welcome."""
    return _message(t.gettext("You're welcome!"))


def help_(t: Translator) -> SlackMessage:
    """What can be asked, with a phrase for each that works as it stands."""
    return _message(t.gettext("This is what you can ask me:"), _list(map(t.gettext, _HELP)))


def unknown(suggestions: tuple[Request, ...], t: Translator) -> SlackMessage:
    """An honest answer to what was not understood; nothing has been changed."""
    said = t.gettext("I'm not sure what you mean, so I changed nothing.")
    phrases = list(dict.fromkeys(filter(None, (example(request, t) for request in suggestions))))
    if not phrases:
        return _message(said, t.gettext("Write “help” to see what you can ask me."))
    return _message(said, t.gettext("You could write:") + "\n" + _list(phrases))


def status(standing: Standing, t: Translator, *, connect_url: str) -> SlackMessage:
    """The connection, what it may read, and when the next briefing comes; the address is the person's own."""
    lines = [_connection(standing, t), _coming(standing, t)]
    if standing.paused_until is not None and standing.paused_until >= standing.today:
        day = _day(standing.paused_until, t, today=standing.today)
        lines.insert(1, t.gettext("No briefing up to and including {day}.", day=day))
    if standing.account and not standing.broken and not standing.calendar:
        lines.insert(1, t.gettext("The calendar may not be read yet."))
    mends = not standing.account or standing.broken or not standing.calendar
    offer = link_button(t.gettext("Connect"), connect_url, "connect_google") if mends else None
    return _message(*lines, accessory=offer)


def time_changed(at: time, next_at: datetime | None, t: Translator, *, today: date) -> SlackMessage:
    """The new time, and when it first holds."""
    said = t.gettext("Done: your briefing comes at {time} from now on.", time=_clock(at, t))
    if next_at is None:
        return _message(said)
    return _message(said, t.gettext("The next one: {when}.", when=t.day_and_time(next_at, today=today)))


def paused(until: date | None, next_at: datetime | None, t: Translator, *, today: date) -> SlackMessage:
    """Until when there is no briefing; `until` is the last day without."""
    resume = t.gettext("Write “send it again” whenever you want it back.")
    if until is None:
        return _message(t.gettext("Your briefing is paused."), resume)
    said = t.gettext("No briefing up to and including {day}.", day=_day(until, t, today=today))
    if next_at is not None:
        said += " " + t.gettext("The next one: {when}.", when=t.day_and_time(next_at, today=today))
    return _message(said, resume)


def ask_pause(pause: Pause, t: Translator, *, today: date) -> SlackMessage:
    """Whether to pause at once, where the first day without lies ahead: what comes before would be lost."""
    if pause.start is None and pause.until is not None:
        said = t.gettext("Shall I pause your briefing through {day}?", day=_day(pause.until, t, today=today))
    elif pause.start is None:
        said = t.gettext("Shall I pause your briefing now?")
    else:
        start = _day(pause.start, t, today=today)
        said = t.gettext("I can pause only from now on, not from {day} on. Shall I pause now?", day=start)
    yes = button(t.gettext("Pause now"), buttons.PAUSE, value=pause.until.isoformat() if pause.until else "")
    return _message(said, asks=(yes, _no(t)))


def ask_change(change: ChangeTime | Pause | Resume, t: Translator, *, today: date) -> SlackMessage:
    """Whether just this was meant; nothing is changed before the button is pressed."""
    if isinstance(change, Pause):
        return ask_pause(change, t, today=today)
    if isinstance(change, ChangeTime):
        said = t.gettext("Shall your briefing come at {time} from now on?", time=_clock(change.at, t))
    else:
        said = t.gettext("Shall your briefing come every day again?")
    yes = button(t.gettext("Yes"), buttons.CONFIRM, value=confirmed.written(change))
    return _message(said, asks=(yes, _no(t)))


def resumed(next_at: datetime | None, t: Translator, *, today: date) -> SlackMessage:
    """Daily briefings come again."""
    said = t.gettext("Your briefing is back.")
    if next_at is None:
        return _message(said)
    return _message(said, t.gettext("The next one: {when}.", when=t.day_and_time(next_at, today=today)))


def connect(service: Service, url: str, t: Translator) -> SlackMessage:
    """Where to connect; the address is the person's own."""
    named = t.gettext(SERVICES[service]) if service in SERVICES else t.gettext("your Google account")
    said = t.gettext("Here you can connect {service}. It takes a minute.", service=named)
    return _message(said, accessory=link_button(t.gettext("Connect"), url, f"connect_{service}"))


def connected(account: str, url: str, t: Translator) -> SlackMessage:
    """There is nothing to connect; another account is connected at the same address."""
    said = t.gettext("Google is connected: {account}", account=literal(account, NAME_COLUMNS))
    button = link_button(t.gettext("Use another account"), url, "connect_google")
    return _message(said, t.gettext("There is nothing you need to do."), accessory=button)


def ask_disconnect(t: Translator) -> SlackMessage:
    """Nothing is disconnected before the button is pressed."""
    yes = button(t.gettext("Disconnect"), buttons.DISCONNECT, style="danger")
    said = t.gettext("Disconnect Google? Your briefing will then come without mail and calendar.")
    return _message(said, asks=(yes, _no(t)))


def ask_delete_data(t: Translator) -> SlackMessage:
    """Nothing is deleted before the button is pressed."""
    yes = button(t.gettext("Delete everything"), buttons.DELETE_DATA, style="danger")
    said = t.gettext("Delete everything that is held about you? This can not be undone.")
    return _message(said, asks=(yes, _no(t)))


def disconnected(t: Translator, *, revoked: bool) -> SlackMessage:
    """Nothing of Google is stored any longer; `revoked`: nor is the permission left at Google."""
    said = t.gettext("Google is disconnected. What was stored of the connection is deleted.")
    if revoked:
        return _message(said)
    return _message(
        said, t.gettext("Google did not answer. Please remove the access in your Google account, too.")
    )


def deleted(t: Translator) -> SlackMessage:
    """The last that somebody hears who has left."""
    return _message(t.gettext("Everything that was held about you is deleted. Goodbye!"))


def unchanged(t: Translator) -> SlackMessage:
    """No was the answer to a question."""
    return _message(t.gettext("All right, everything stays as it is."))


def pause_too_long(t: Translator) -> SlackMessage:
    """Nothing was paused: a pause ends within a year."""
    forever = t.gettext("To pause until you say otherwise, write “pause my briefing”.")
    return _message(t.gettext("A pause can last a year at most, so I changed nothing."), forever)


def making_briefing(t: Translator, *, still: bool = False) -> SlackMessage:
    """The briefing comes by itself; `still`: it was asked for some time ago."""
    if still:
        return _message(t.gettext("I'm still at your briefing. It comes here as soon as it is ready."))
    return _message(t.gettext("Your briefing is coming."))


def trying_again(t: Translator) -> SlackMessage:
    """Google gave no answer in time; nobody has to ask again."""
    said = t.gettext("Google gave no answer just now. I'll keep trying and write as soon as I know.")
    return _message(said)


def failed(t: Translator) -> SlackMessage:
    """Something of ours is broken; honest, and without a promise."""
    said = t.gettext("Something went wrong on our side, so I could not answer this. Please try again later.")
    return _message(said)


def deactivated(t: Translator) -> SlackMessage:
    """All that somebody hears whom an admin has shut out."""
    return _message(t.gettext("Your access has been turned off. Please ask your administrator."))


def introduced(said: SlackMessage, next_at: datetime | None, t: Translator, *, today: date) -> SlackMessage:
    """The first answer somebody gets: also when their briefing comes, and how to be rid of it."""
    if next_at is None:
        return said
    when = t.day_and_time(next_at, today=today)
    line = t.gettext("Your next briefing comes {when}.", when=when)
    stop = t.gettext("To pause it, write “pause my briefing”.")
    return SlackMessage(said.text, [*said.blocks, *context([f"{line} {stop}"])])


def pressed(question: SlackMessage, label: str, t: Translator) -> SlackMessage:
    """A question that has been answered: its buttons give way to what was pressed."""
    blocks = [block for block in question.blocks if block.get("type") != "actions"]
    chosen = t.gettext("You chose: {label}", label=literal(label, NAME_COLUMNS))
    return SlackMessage(question.text, [*(blocks or [section(question.text)]), *context([chosen])])


_TITLE = re.compile(r"\s*님\s*$")
_HELP = (
    N_("“briefing”: today's briefing, now"),
    N_("“find the mail about the invoice from last week”: search your mail"),
    N_("“what's on tomorrow?”: your calendar"),
    N_("“send it at 8:30 AM”: when your briefing comes"),
    N_("“pause until Monday”, “send it again”: a break, and back"),
    N_("“status”, “connect”, “disconnect”: your Google connection"),
    N_("“delete my data”: everything that is held about you"),
)


def _connection(standing: Standing, t: Translator) -> str:
    account = literal(standing.account, NAME_COLUMNS)
    if not standing.account:
        return t.gettext("Google is not connected yet.")
    if standing.broken:
        return t.gettext(
            "The connection to Google ({account}) has ended. Please connect again.", account=account
        )
    return t.gettext("Google is connected: {account}", account=account)


def _coming(standing: Standing, t: Translator) -> str:
    if standing.next_at is not None:
        when = t.day_and_time(standing.next_at, today=standing.today)
        return t.gettext("Your next briefing comes {when}.", when=when)
    return t.gettext("No briefing is planned.")


def _no(t: Translator) -> Block:
    return button(t.gettext("No"), buttons.CANCEL)


def _clock(at: time, t: Translator) -> str:
    return t.time(datetime.combine(date(2000, 1, 1), at))


def _day(day: date, t: Translator, *, today: date) -> str:
    """A date with its weekday: what is said of the days ahead has to be sure."""
    return t.short_date(day) if day.year == today.year else t.day(day, today=today)


def _list(phrases: Iterable[str]) -> str:
    return "\n".join(f"• {escape(phrase)}" for phrase in phrases)


def _message(*lines: str, accessory: Block | None = None, asks: tuple[Block, ...] = ()) -> SlackMessage:
    text = "\n".join(lines)
    blocks = [section(text, accessory), *([actions(*asks)] if asks else [])]
    return SlackMessage(cut(lines[0].replace("\n", " "), _FALLBACK_COLUMNS), blocks)

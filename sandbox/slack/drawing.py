"""A DM as the page draws it: days, messages that follow one another, threads under what began them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from markupsafe import Markup

from sandbox.slack.dates import day_label, local, moment_in_full, time_of_day
from sandbox.slack.mrkdwn import Reader, is_web, mrkdwn_html, plain_html
from sandbox.slack.page_texts import texts_for
from sandbox.slack.state import Conversation, Json, Message, Workspace
from sandbox.slack.templates import render
from sandbox.slack.typed import untyped
from sandbox.world import Person

# Within this time Slack does not repeat who is speaking.
SAME_BREATH = timedelta(minutes=5)
SHOWN = 200


@dataclass(slots=True)
class Entry:
    """One message: `follows` when the name above it still holds, `fresh` when it is the first unread one."""

    message: Message
    author: str
    time: str
    moment: str
    follows: bool = False
    fresh: bool = False
    notice: str = ""
    replies: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Day:
    label: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, and where."""

    workspace: Workspace
    person: Person
    conversation: Conversation
    reader: Reader
    read_ts: str


def view_of(workspace: Workspace, person: Person, now: datetime, read_ts: str) -> View:
    """What `person` has before their eyes at `now`, messages after `read_ts` being new to them."""
    names = {member.slack_user_id: member.name for member in workspace.members()}
    names[workspace.bot_user_id] = workspace.bot_name
    reader = Reader(now, person.locale, person.timezone, names)
    return View(workspace, person, workspace.open_dm(person.slack_user_id), reader, read_ts)


def messages_html(view: View) -> Markup:
    """The middle of the page: every day with its messages."""
    return _render(view, "messages.html", days=_days(view))


def modal_html(view: View) -> Markup:
    """The open modal, empty when there is none."""
    modal = view.workspace.views.get(view.person.slack_user_id)
    return _render(view, "modal.html", modal=modal) if modal else Markup("")


def modal_key(view: View) -> str:
    """Changes whenever the modal is another one, or the app has changed it."""
    return str(view.workspace.views.get(view.person.slack_user_id, {}).get("hash", ""))


def _render(view: View, template: str, **values: object) -> Markup:
    return render(
        template,
        t=texts_for(view.person.locale),
        person=view.person,
        workspace=view.workspace,
        mrkdwn=partial(mrkdwn_html, reader=view.reader),
        plain=plain_html,
        initial=initial_value,
        untyped=untyped,
        web=is_web,
        names=view.reader.names,
        own_image=lambda url: str(url).startswith(view.workspace.world.base_url + "/"),
        **values,
    )


def _days(view: View) -> list[Day]:
    days: list[Day] = []
    for entry, moment in _entries(view, _top_level(view.conversation), view.read_ts):
        label = day_label(moment, view.reader.now, view.reader.locale)
        if not days or days[-1].label != label:
            days.append(Day(label))
            entry.follows = False
        days[-1].entries.append(entry)
    return days


def _top_level(conversation: Conversation) -> list[Message]:
    """What is not an answer in a thread that is still there, oldest first; only so many of the newest."""
    found = [m for m in conversation.messages.values() if not _in_thread(conversation, m)]
    return sorted(found, key=lambda message: message.ts)[-SHOWN:]


def _in_thread(conversation: Conversation, message: Message) -> bool:
    return message.thread_ts not in ("", message.ts) and message.thread_ts in conversation.messages


def _entries(view: View, messages: Iterable[Message], read_ts: str) -> Iterable[tuple[Entry, datetime]]:
    last: tuple[Message, datetime] | None = None
    anything_fresh = False
    for message in messages:
        moment = local(message.ts, view.reader.timezone)
        entry = _entry(view, message, moment)
        entry.follows = last is not None and _same_breath(last, message, moment)
        fresh = bool(read_ts) and message.by_bot and message.ts > read_ts
        entry.fresh, anything_fresh = fresh and not anything_fresh, anything_fresh or fresh
        entry.replies = [reply for reply, _ in _entries(view, _thread(view, message), "")]
        last = (message, moment)
        yield entry, moment


def _thread(view: View, message: Message) -> Sequence[Message]:
    return [m for m in view.conversation.replies(message.ts) if m.ts != message.ts]


def _same_breath(last: tuple[Message, datetime], message: Message, moment: datetime) -> bool:
    before, then = last
    same = before.user == message.user and before.ephemeral == message.ephemeral
    return same and moment - then < SAME_BREATH


def _entry(view: View, message: Message, moment: datetime) -> Entry:
    reader = view.reader
    author = reader.names.get(message.user, message.user)
    time, full = time_of_day(moment, reader.locale), moment_in_full(moment, reader.locale)
    return Entry(message, author, time, full, notice=_notice(message, reader.locale))


def _notice(message: Message, locale: str) -> str:
    """What is to be said below a message about the app's not hearing it."""
    kind, _, reason = message.delivery.partition(" ")
    return texts_for(locale)[kind].format(reason=reason) if kind else ""


def initial_value(element: Json) -> str:
    """What an input shows before anybody touched it."""
    if option := element.get("initial_option"):
        return str(option["value"])
    names = ("initial_value", "initial_date", "initial_time")
    return next((str(element[name]) for name in names if name in element), "")

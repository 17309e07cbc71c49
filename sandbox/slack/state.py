"""The workspace: who is in it, their DMs with the bot, and what was asked of it.

Everything runs in the server's event loop; other threads only read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sandbox.slack.limits import Limiter
from sandbox.world import Person, World

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

Json = dict[str, Any]

BOT_SCOPES = (
    "chat:write",
    "im:history",
    "im:read",
    "im:write",
    "reactions:write",
    "users:read",
    "users:read.email",
)


@dataclass(slots=True)
class Message:
    """One message of a DM. `text` and `blocks` are as they were sent, `&`, `<`, `>` escaped as Slack has it.

    `delivery` is what became of the event about it: `unheard` (nobody listens), `retrying` or `failed` with
    the reason, empty while nothing is to be said.
    """

    ts: str
    user: str
    text: str
    by_bot: bool = False
    blocks: list[Json] = field(default_factory=list)
    metadata: Json | None = None
    thread_ts: str = ""
    edited_ts: str = ""
    ephemeral: bool = False
    client_msg_id: str = ""
    delivery: str = ""
    reactions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Conversation:
    """The DM between the bot and `user`: `messages` by ts, replies also in `threads` by their parent's ts.

    `read_ts` is the newest that the person saw.
    """

    id: str
    user: str
    created: int
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[Message]] = field(default_factory=dict)
    read_ts: str = ""

    def add(self, message: Message) -> None:
        self.messages[message.ts] = message
        if message.thread_ts:
            self.threads.setdefault(message.thread_ts, []).append(message)

    def remove(self, message: Message) -> None:
        del self.messages[message.ts]
        if message.thread_ts:
            self.threads[message.thread_ts].remove(message)

    def newest_first(self) -> list[Message]:
        return sorted(self.messages.values(), key=lambda message: message.ts, reverse=True)

    def replies(self, thread_ts: str) -> list[Message]:
        """What was answered in a thread, oldest first, without the message that began it."""
        return self.threads.get(thread_ts, [])

    def unread(self) -> bool:
        return any(m.by_bot and m.ts > self.read_ts for m in self.messages.values())


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One call of the Web API. `user` is whom it was about, `error` is empty when it was ok; no tokens."""

    method: str
    user: str
    at: datetime
    error: str

    @property
    def ok(self) -> bool:
        return not self.error


@dataclass(slots=True)
class Listener:
    """Where Slack sends what happens. `retry_scale` shortens the waits of one and five minutes."""

    events_url: str = ""
    interactivity_url: str = ""
    timeout: float = 3.0
    retry_scale: float = 1.0


@dataclass(slots=True, eq=False)
class Link:
    """One connection of Socket Mode; `waiting` are the envelopes it has not acknowledged yet."""

    socket: WebSocket
    waiting: dict[str, asyncio.Future[None]] = field(default_factory=dict)


@dataclass(slots=True)
class Workspace:
    """One Slack workspace with one app installed in it.

    `bot_error` is what every call of the bot is answered with (`token_revoked`, `account_inactive`);
    `outbox` holds events not handed to the listener yet, `tasks` those under way; `revision` grows with every
    visible change, `epoch` with every reset.
    """

    world: World = field(repr=False, compare=False)
    team_id: str = "T0SANDBOX"
    team_name: str = "Sandbox"
    domain: str = "sandbox"
    app_id: str = "A0BRIEFING"
    bot_id: str = "B0BRIEFING"
    bot_user_id: str = "U0BRIEFING"
    bot_name: str = "Briefing"
    scopes: set[str] = field(default_factory=lambda: set(BOT_SCOPES))
    bot_error: str = ""
    deactivated: set[str] = field(default_factory=set)
    guests: set[str] = field(default_factory=set)
    limits: Limiter = field(default_factory=Limiter)
    listener: Listener = field(default_factory=Listener)
    tickets: set[str] = field(default_factory=set)
    links: list[Link] = field(default_factory=list)
    conversations: dict[str, Conversation] = field(default_factory=dict)
    views: dict[str, Json] = field(default_factory=dict)
    triggers: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    codes: dict[str, SignIn] = field(default_factory=dict)
    user_tokens: dict[str, SignIn] = field(default_factory=dict)
    outbox: deque[Json] = field(default_factory=deque)
    seen: deque[SeenRequest] = field(default_factory=lambda: deque(maxlen=50_000))
    counts: Counter[str] = field(default_factory=Counter)
    deliveries: deque[Delivery] = field(default_factory=lambda: deque(maxlen=10_000))
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    revision: int = 0
    epoch: int = 0
    serial: int = 0

    @property
    def bot_token(self) -> str:
        return f"xoxb-sandbox-{self._derived('bot')[:24]}"

    @property
    def app_token(self) -> str:
        return f"xapp-sandbox-{self._derived('app')[:24]}"

    @property
    def signing_secret(self) -> str:
        return self._derived("signing")

    @property
    def client_id(self) -> str:
        return "1000000000001.1000000000002"

    @property
    def client_secret(self) -> str:
        return self._derived("client")

    @property
    def verification_token(self) -> str:
        return self._derived("verification")[:24]

    def members(self) -> list[Person]:
        """The people who have a Slack account, in the cast's order."""
        return [p for p in self.world.people.values() if p.slack_user_id]

    def reset(self) -> None:
        """Back to an empty workspace; limits' rates and the listener stay as set."""
        for talk in (self.conversations, self.views, self.triggers, self.response_urls, self.outbox):
            talk.clear()
        for record in (self.seen, self.counts, self.deliveries, self.deactivated, self.guests):
            record.clear()
        for sign_ins in (self.codes, self.user_tokens):
            sign_ins.clear()
        self.limits.reset()
        self.scopes, self.bot_error = set(BOT_SCOPES), ""
        self.revision += 1
        self.epoch += 1

    def open_dm(self, user: str) -> Conversation:
        """The DM with `user`, made when there is none: its id follows from theirs."""
        channel = "D" + user[1:]
        if channel not in self.conversations:
            created = int(self.world.now().timestamp())
            self.conversations[channel] = Conversation(channel, user, created)
            self.revision += 1
        return self.conversations[channel]

    def conversation(self, channel: str) -> Conversation | None:
        """By its id, or by a member's id as chat.postMessage allows."""
        person = self.world.by_slack_id(channel)
        return self.open_dm(channel) if person else self.conversations.get(channel)

    def free_ts(self, conversation: Conversation) -> str:
        """A ts for a message written now: unique in its channel."""
        moment = self.world.now()
        while (ts := f"{int(moment.timestamp())}.{moment.microsecond:06d}") in conversation.messages:
            moment += timedelta(microseconds=1)
        return ts

    def next_id(self, prefix: str) -> str:
        """An id that was never given before, such as `Ev0000000A`."""
        self.serial += 1
        return f"{prefix}{self.serial:09X}"

    def _derived(self, purpose: str) -> str:
        """Secrets that are the same in every run, so that a development environment can name them."""
        return hashlib.md5(f"sandbox {purpose} {self.team_id}".encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class ResponseUrl:
    """What a response_url leads to: at most five uses in half an hour."""

    channel: str
    message_ts: str
    expires: datetime
    uses_left: int = 5


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person agreed to when signing in to a client: behind a code first, then behind a token."""

    user: str
    scopes: tuple[str, ...]
    redirect_uri: str
    nonce: str
    challenge: str
    agreed_at: datetime


@dataclass(slots=True)
class Delivery:
    """One request to the listener, as it went: `outcome` is an HTTP status or Slack's reason of failure."""

    kind: str
    event_id: str
    attempt: int
    outcome: str


def workspace(world: World) -> Workspace:
    """The one Slack workspace of this world, made when first asked for."""
    if world.slack is None:
        world.slack = Workspace(world)
    return world.slack


def normal_ts(value: str) -> str:
    """A timestamp as a client writes it (`1732`, `1732.5`) in the width of a ts: they compare as text.

    Raises ValueError where it is none.
    """
    try:
        return f"{Decimal(value):017.6f}"
    except InvalidOperation as exc:
        raise ValueError(value) from exc

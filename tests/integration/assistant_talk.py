"""Talking to the assistant in a DM of the sandbox, from what Slack sends to what stands in the DM."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import func, select, text

from sandbox.slack.state import Message
from services import jobs
from services.assistant.from_slack import inbox
from services.db.engine import transaction
from services.db.models import ConversationMessage, SlackEvent, User
from services.runtime import Runtime
from tests.integration import slack_people
from tests.integration.journeys import Sandbox


class Talk:
    """Somebody of the cast and their DM with the assistant."""

    def __init__(self, runtime: Runtime, sandbox: Sandbox, key: str) -> None:
        self.runtime, self.sandbox, self.key = runtime, sandbox, key
        self.slack_user_id = sandbox.person(key).slack_user_id
        self.channel = "D" + self.slack_user_id[1:]
        sandbox.slack.limits.enabled = False  # people do not write as fast as tests

    def say(self, said: str, *, thread_ts: str = "") -> str:
        """Write, and let it be stored but not handled; the event's id."""
        ts = slack_people.say(self.sandbox, self.key, said, thread_ts=thread_ts)
        event = {
            "type": "message",
            "channel": self.channel,
            "channel_type": "im",
            "user": self.slack_user_id,
            "text": said,
            "ts": ts,
            **({"thread_ts": thread_ts} if thread_ts else {}),
        }
        team = self.sandbox.slack.team_id
        inbox.receive(self.runtime, {"type": "event_callback", "team_id": team, "event": event})
        return f"{self.channel}:{ts}"

    def ask(self, said: str, *, thread_ts: str = "") -> str:
        """Write, have everything worked off; what was newly said, with the texts of its buttons."""
        before = len(self.messages())
        self.say(said, thread_ts=thread_ts)
        work(self.runtime)
        return "\n".join(shown(message) for message in self.messages()[before:])

    def press(
        self, action_id: str, *, by: str = "", seconds: float = 1, message: Message | None = None
    ) -> str:
        """Press the newest button of that kind, or the one in `message`, so long after it came; what is newly
        said. `by` is another Slack user's id."""
        before = len(self.messages())
        self.click(action_id, by=by, seconds=seconds, message=message)
        work(self.runtime)
        return "\n".join(shown(one) for one in self.messages()[before:])

    def click(
        self, action_id: str, *, by: str = "", seconds: float = 1, message: Message | None = None
    ) -> None:
        """As `press`, without working it off."""
        found = message or next(one for one in reversed(self.messages()) if button(one, action_id))
        pressed = button(found, action_id)
        assert pressed is not None
        payload = {
            "type": "block_actions",
            "team": {"id": self.sandbox.slack.team_id},
            "user": {"id": by or self.slack_user_id},
            "channel": {"id": self.channel},
            "container": {"message_ts": found.ts},
            "actions": [
                {
                    "action_id": action_id,
                    "value": pressed.get("value", ""),
                    "action_ts": f"{float(found.ts) + seconds:.6f}",
                }
            ],
        }
        inbox.receive(self.runtime, payload)

    def messages(self) -> list[Message]:
        """What the assistant has said, oldest first."""
        return [message for message in self.sandbox.dms(self.key) if message.by_bot]

    @property
    def person(self) -> User:
        with transaction(self.runtime.sessions) as session:
            return session.scalars(select(User).where(User.slack_user_id == self.slack_user_id)).one()

    @property
    def log(self) -> list[tuple[str, str]]:
        """(role, kind) of what is kept of it."""
        with transaction(self.runtime.sessions) as session:
            kept = select(ConversationMessage).where(ConversationMessage.channel == self.channel)
            return [(one.role, one.kind) for one in session.scalars(kept.order_by(ConversationMessage.ts))]

    def states(self) -> list[str]:
        """Of the events so far."""
        with transaction(self.runtime.sessions) as session:
            mine = select(SlackEvent.status).where(SlackEvent.channel == self.channel)
            return list(session.scalars(mine.order_by(SlackEvent.ts)))


def work(runtime: Runtime) -> None:
    """Whatever is in the queue, and what that puts there; what is planned for later stays."""
    left = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL")
    for _ in range(20):
        asyncio.run(jobs.run_worker(runtime, wait=False))
        with transaction(runtime.sessions) as session:
            if not session.scalar(left):
                return
        time.sleep(0.05)
    raise AssertionError("the queue is never empty")


def hurry(runtime: Runtime) -> None:
    """Let everything that is put off be due at once, and have the sidecar look."""
    with transaction(runtime.sessions) as session:
        for table in ("slack_events", "pending_requests", "outbound_messages"):
            late = f"UPDATE {table} SET retry_at = now() - interval '1 second' WHERE retry_at IS NOT NULL"
            session.execute(text(late))
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"))
    with transaction(runtime.sessions) as session:
        jobs.sweep(session)


def shown(message: Message) -> str:
    """All text of a message, buttons and links too."""
    return f"{message.text}\n{_texts(message.blocks or [])}"


def button(message: Message, action_id: str) -> dict[str, Any] | None:
    """The button with that id in a message."""
    for block in message.blocks or []:
        for element in [*block.get("elements", []), block.get("accessory", {})]:
            if element.get("action_id") == action_id:
                return dict(element)
    return None


def _texts(part: object) -> str:
    if isinstance(part, dict):
        own = [str(part[name]) for name in ("text", "url") if isinstance(part.get(name), str)]
        return "\n".join([*own, *(found for value in part.values() if (found := _texts(value)))])
    return "\n".join(found for one in part if (found := _texts(one))) if isinstance(part, list) else ""


def count(runtime: Runtime, table: Any) -> int:
    """How many rows a table has."""
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()

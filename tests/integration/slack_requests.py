"""Requests as Slack makes them: envelopes of a DM, signed or badly signed."""

from __future__ import annotations

import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from sandbox.slack.sending import FORM_TYPE, JSON_TYPE, signature
from sandbox.slack.state import Workspace

_numbers = itertools.count(1)


@dataclass
class Slack:
    """Slack's side of `/slack/events` and `/slack/interactivity` at `url`."""

    url: str
    space: Workspace
    moments: Any = field(default_factory=lambda: itertools.count(int(time.time())))

    def message(self, key: str = "minjun", text: str = "하이", **changes: Any) -> dict[str, Any]:
        """The envelope of something that somebody says now; `changes` to the event in it."""
        person = self.space.world.people[key].slack_user_id
        ts = f"{next(self.moments)}.000100"
        said = {
            "type": "message",
            "channel": "D" + person[1:],
            "channel_type": "im",
            "user": person,
            "text": text,
            "ts": ts,
            "event_ts": ts,
            "team": self.space.team_id,
            **changes,
        }
        return {
            "type": "event_callback",
            "team_id": self.space.team_id,
            "api_app_id": self.space.app_id,
            "event_id": f"Ev{next(_numbers):09}",
            "event_time": int(time.time()),
            "event": said,
        }

    def tell(self, payload: object, **headers: Any) -> httpx.Response:
        """Send an event."""
        return self.send("/slack/events", json.dumps(payload).encode(), JSON_TYPE, **headers)

    def interact(self, payload: object) -> httpx.Response:
        """Send an interaction."""
        return self.send(
            "/slack/interactivity", urlencode({"payload": json.dumps(payload)}).encode(), FORM_TYPE
        )

    def send(
        self,
        path: str,
        body: bytes,
        content_type: str = JSON_TYPE,
        *,
        secret: str = "",
        at: float | None = None,
        **headers: str,
    ) -> httpx.Response:
        """A request signed with Slack's secret, or `secret`, `at` a moment, now if none is given."""
        timestamp = str(int(time.time() if at is None else at))
        signed = {
            "Content-Type": content_type,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(secret or self.space.signing_secret, timestamp, body),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return httpx.post(self.url + path, content=body, headers=signed, timeout=30)

"""Requests from Slack to the app: signed, bounded in time, and only ever to this machine."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from sandbox.slack.state import Delivery, Workspace

JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the app made of a request: `failure` is Slack's word for it, empty when it was accepted."""

    failure: str = ""
    body: bytes = b""
    retry: bool = True


def is_loopback(url: str) -> bool:
    """Whether `url` is on this machine: the sandbox talks to nobody else."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        here = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
    return here and parts.scheme in {"http", "https"}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's v0 signature of a request body."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return "v0=" + digest.hexdigest()


async def send(
    workspace: Workspace, url: str, body: bytes, content_type: str, extra: Mapping[str, str] | None = None
) -> Answer:
    """One request, answered within the listener's timeout or failed."""
    timestamp = str(int(workspace.world.now().timestamp()))
    headers = {
        "Content-Type": content_type,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(workspace.signing_secret, timestamp, body),
    }
    try:
        # httpx bounds each read; Slack bounds the whole.
        async with asyncio.timeout(workspace.listener.timeout):
            async with httpx.AsyncClient(trust_env=False, timeout=None) as client:  # noqa: S113 bounded above
                response = await client.post(url, content=body, headers=headers | dict(extra or {}))
    except TimeoutError:
        return Answer("http_timeout")
    except httpx.ConnectError:
        return Answer("connection_failed")
    except (httpx.HTTPError, httpx.InvalidURL):
        return Answer("unknown_error")
    failure = "" if response.is_success else "http_error"
    return Answer(failure, response.content, response.headers.get("x-slack-no-retry") != "1")


def record(workspace: Workspace, kind: str, event_id: str, attempt: int, answer: Answer) -> None:
    """Remember how a request to the app went."""
    workspace.deliveries.append(Delivery(kind, event_id, attempt, answer.failure or "ok"))

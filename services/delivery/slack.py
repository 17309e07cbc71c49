"""Slack's Web API as this product uses it; slack_sdk's errors become ours here.

Posting never retries by itself: slack_sdk's default handler posts again after a reset connection although
Slack has accepted the message.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from services.delivery.slack_failures import from_answer, from_connection
from services.errors import SlackAmbiguous, SlackRefused

METADATA_EVENT = "briefing_portal_message"
HISTORY_PAGE = 100
HISTORY_PAGES = 5
MEMBER_PAGE = 1000
MEMBER_PAGES = 10
# The one bot that is not said to be one.
SLACKBOT = "USLACKBOT"

OUTSIDE = ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted")

# What surrounds each of several calls, so that each waits for its turn.
Turn = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class SlackProfile:
    """Who a Slack user is; `locale` such as `ko-KR`, `timezone` an IANA name, both may be empty.

    `email_confirmed`: Slack has seen that the address is theirs, and they are a member, not a bot.
    `is_member`: neither a bot nor a guest, and of this very workspace.
    """

    user_id: str
    name: str
    email: str
    locale: str
    timezone: str
    email_confirmed: bool = False
    is_member: bool = True


def make_client(token: str, base_url: str, *, timeout: int = 15) -> WebClient:
    """A client that makes each call exactly once and waits so many seconds for its answer."""
    return WebClient(token=token, base_url=base_url, timeout=timeout, retry_handlers=[])


def check_token(client: WebClient) -> None:
    """Ask Slack whether it accepts the bot's token (auth.test). Raises SlackError, as for any call."""
    _call(client, "auth.test")


def workspace(client: WebClient) -> str:
    """The id of the workspace that the bot is in; asked for once. Raises SlackError."""
    return _workspace(client)[0]


def workspace_url(client: WebClient) -> str:
    """Where people have their workspace, with a slash at the end; asked for once. Raises SlackError."""
    return _workspace(client)[1]


@lru_cache(maxsize=8)
def _workspace(client: WebClient) -> tuple[str, str]:
    answer = _call(client, "auth.test")
    return str(answer["team_id"]), str(answer["url"])


def open_dm(client: WebClient, slack_user_id: str) -> str:
    """The id of the DM with somebody; the same one every time."""
    return str(_call(client, "conversations.open", users=slack_user_id)["channel"]["id"])


def post(
    client: WebClient, channel: str, content: dict[str, Any], *, key: str, thread_ts: str | None = None
) -> str:
    """Post {text, blocks} and return its ts; `key` goes along as metadata so that `find` can find it.

    Raises SlackUnavailable when Slack certainly did not take it, SlackAmbiguous when it may have,
    SlackRefused when it never will.
    """
    answer = _call(
        client,
        "chat.postMessage",
        channel=channel,
        text=content["text"],
        blocks=content.get("blocks") or None,
        thread_ts=thread_ts,
        metadata={"event_type": METADATA_EVENT, "event_payload": {"key": key}},
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(answer["ts"])


def update(client: WebClient, channel: str, ts: str, content: dict[str, Any]) -> None:
    """Put {text, blocks} in the place of one of the bot's messages; twice is as good as once.

    Raises SlackError.
    """
    blocks = content.get("blocks") or None
    _call(client, "chat.update", channel=channel, ts=ts, text=content["text"], blocks=blocks)


def find(client: WebClient, channel: str, *, key: str, oldest: float, turn: Turn = nullcontext) -> str | None:
    """The ts of the message with this key in a DM since `oldest` (seconds since 1970), or None."""
    for message in _history(client, channel, turn, oldest=f"{oldest:.6f}"):
        if key_of(message) == key:
            return str(message["ts"])
    return None


def history(
    client: WebClient, channel: str, *, oldest: str, latest: str, turn: Turn = nullcontext
) -> list[dict[str, Any]]:
    """The messages of a DM between two ts, newest first, without answers in threads; with metadata.

    Raises SlackError: SlackAmbiguous where they are more than a few pages.
    """
    return list(_history(client, channel, turn, oldest=oldest, latest=latest))


def replies(
    client: WebClient, channel: str, thread_ts: str, *, oldest: str, latest: str, turn: Turn = nullcontext
) -> list[dict[str, Any]]:
    """What was answered in a thread of a DM between two ts, oldest first; otherwise as `history`."""
    window = {"ts": thread_ts, "oldest": oldest, "latest": latest}
    found = _read(client, "conversations.replies", channel, turn, **window)
    return [message for message in found if message.get("ts") != thread_ts]


def _history(client: WebClient, channel: str, turn: Turn, **window: str) -> Iterator[dict[str, Any]]:
    return _read(client, "conversations.history", channel, turn, **window)


def _read(
    client: WebClient, method: str, channel: str, turn: Turn, **window: str
) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    asked = {"channel": channel, "limit": HISTORY_PAGE, "include_all_metadata": True, **window}
    for _ in range(HISTORY_PAGES):
        with turn():
            answer = _call(client, method, cursor=cursor, **asked)
        yield from answer.get("messages") or ()
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
    raise SlackAmbiguous("the DM's history is longer than was looked through", code="history_too_long")


def profile(client: WebClient, slack_user_id: str) -> SlackProfile:
    """Who a Slack user id is; SlackRefused with code `user_not_found` when nobody."""
    return _profile(_call(client, "users.info", user=slack_user_id, include_locale=True)["user"])


def lookup_by_email(client: WebClient, email: str) -> SlackProfile | None:
    """The workspace's member with this address, or None."""
    try:
        return _profile(_call(client, "users.lookupByEmail", email=email)["user"])
    except SlackRefused as exc:
        if exc.code == "users_not_found":
            return None
        raise


def members(client: WebClient, *, turn: Turn = nullcontext) -> list[SlackProfile]:
    """The workspace's people, neither bots nor deactivated, at most 10,000 of them."""
    found: list[SlackProfile] = []
    cursor: str | None = None
    for _ in range(MEMBER_PAGES):
        with turn():
            answer = _call(client, "users.list", limit=MEMBER_PAGE, cursor=cursor)
        found += [_profile(user) for user in answer.get("members") or () if _is_person(user)]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            break
    return found


def _is_person(user: dict[str, Any]) -> bool:
    return not (user.get("deleted") or user.get("is_bot") or user.get("id") == SLACKBOT)


def _profile(user: dict[str, Any]) -> SlackProfile:
    details = user.get("profile") or {}
    name = (
        details.get("display_name") or details.get("real_name") or user.get("real_name") or user.get("name")
    )
    return SlackProfile(
        user_id=str(user["id"]),
        name=str(name or ""),
        email=str(details.get("email") or "").lower(),
        locale=str(user.get("locale") or ""),
        timezone=str(user.get("tz") or ""),
        email_confirmed=bool(user.get("is_email_confirmed"))
        and not (user.get("deleted") or user.get("is_bot") or user.get("is_stranger")),
        is_member=not any(user.get(name) for name in OUTSIDE),
    )


def key_of(message: Mapping[str, Any]) -> str | None:
    """The key that `post` sent along with a message, None for any other."""
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    key = payload.get("key") if isinstance(payload, dict) else None
    return str(key) if key is not None else None


def _call(client: WebClient, method: str, **arguments: Any) -> SlackResponse:
    body = {name: value for name, value in arguments.items() if value is not None}
    try:
        as_json = method.startswith("chat.")
        return client.api_call(method, json=body) if as_json else client.api_call(method, data=body)
    except SlackApiError as exc:
        raise from_answer(method, exc) from exc
    except (
        SlackClientError,
        URLError,
        OSError,
        http.client.HTTPException,
        ValueError,
        AttributeError,
    ) as exc:
        raise from_connection(method, exc) from exc

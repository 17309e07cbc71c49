"""A DM's history as Slack has it now: what was said in a span of time, and in the threads begun in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from slack_sdk import WebClient

from services.delivery import slack
from services.errors import SlackError

# Read again each hour; Slack's limit is that of a busy minute.
THREADS_MOST = 20
Message = Mapping[str, Any]
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class History:
    """All messages after `oldest` and before `latest`, oldest first; moments are Slack's ts.

    Of answers in threads only those of `threads`, which are then complete.
    """

    channel: str
    oldest: str
    latest: str
    messages: Sequence[Message]
    threads: frozenset[str]


def read(
    client: WebClient, channel: str, *, oldest: str, latest: str, turn: slack.Turn, thread_turn: slack.Turn
) -> History:
    """Each call in its turn. Raises SlackError where a DM cannot be read; of threads those that can are."""
    messages: list[Message] = [*slack.history(client, channel, oldest=oldest, latest=latest, turn=turn)]
    threads = [
        one for one in messages if one.get("reply_count") and str(one.get("latest_reply", "")) > oldest
    ]
    complete = set[str]()
    for parent in threads[:THREADS_MOST]:
        ts = str(parent["ts"])
        try:
            messages += slack.replies(client, channel, ts, oldest=oldest, latest=latest, turn=thread_turn)
        except SlackError as exc:
            log.warning("thread_not_read", channel=channel, error=exc.code)
        else:
            complete.add(ts)
    by_ts = {str(one["ts"]): one for one in messages}
    ordered = [by_ts[ts] for ts in sorted(by_ts)]
    return History(channel, oldest, latest, ordered, frozenset(complete))


def ts_of(moment: datetime) -> str:
    """A moment as Slack writes it."""
    return f"{moment.timestamp():.6f}"

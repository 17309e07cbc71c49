"""One's own conversation as a file, to keep or to take elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from services.access import Actor
from services.conversations.reading import EVERYTHING, MOST, Said, Wanted, only_their_own, own_messages
from services.conversations.words import said
from services.db.engine import transaction
from services.runtime import Runtime
from services.spreadsheet import csv_file

COLUMNS = ("said_at", "role", "kind", "text", "edited", "channel", "ts", "thread_ts")


def as_csv(runtime: Runtime, actor: Actor, user_id: str, wanted: Wanted = EVERYTHING) -> bytes:
    """The messages as the page shows them in words, oldest first. Raises Forbidden."""
    return csv_file(
        COLUMNS, ([line[name] for name in COLUMNS] for line in _lines(runtime, actor, user_id, wanted))
    )


def as_json(runtime: Runtime, actor: Actor, user_id: str, wanted: Wanted = EVERYTHING) -> bytes:
    """The same as a JSON list, with the blocks that a message was drawn from. Raises Forbidden."""
    lines = _lines(runtime, actor, user_id, wanted)
    return json.dumps(lines, ensure_ascii=False, indent=1, default=str).encode()


def _lines(runtime: Runtime, actor: Actor, user_id: str, wanted: Wanted) -> list[dict[str, Any]]:
    only_their_own(actor, user_id)
    return [
        {name: getattr(message, name) for name in (*COLUMNS, "blocks")}
        | {"said_at": message.said_at.isoformat(), "text": said(message.text, message.blocks)}
        for message in reversed(list(_each(runtime, actor, user_id, wanted)))
    ]


def _each(runtime: Runtime, actor: Actor, user_id: str, wanted: Wanted) -> Iterator[Said]:
    """Newest first, many at a time, each lot in a short transaction."""
    before = None
    while True:
        with transaction(runtime.sessions) as session:
            lot = own_messages(session, actor, user_id, wanted, before=before, limit=MOST)
        yield from lot
        if len(lot) < MOST:
            return
        before = lot[-1].place

"""Messages related by meaning, where an embedding model is configured; its vectors need pgvector.

The table and the extension are made when they are first needed: a server without pgvector is good for
everything else. Vectors are deleted with their messages, and made anew when a message or the model changes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from services.access import Actor
from services.conversations.embedding import (
    EmbeddingRefused,
    EmbeddingUnavailable,
    Vector,
    embed,
    is_on,
    label,
)
from services.conversations.reading import Said, by_ids, only_their_own
from services.conversations.words import said
from services.db.engine import transaction
from services.deferral import defer
from services.runtime import Runtime
from services.settings import Settings

TASK = "embed_messages"
AT_ONCE, SECONDS = 64, 20.0
NEAREST = 5
LOCK = "conversation vectors"
log = structlog.get_logger(__name__)

# Where the embedded server and whoever else is careful keep it; a schema that is not there does no harm.
FIND = "SET LOCAL search_path = public, extensions"
PREPARE = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    """
    CREATE TABLE IF NOT EXISTS conversation_vectors (
      message_id bigint PRIMARY KEY REFERENCES conversation_log ON DELETE CASCADE,
      embedding vector NOT NULL
    )
    """,
    "CREATE INDEX IF NOT EXISTS ix_conversation_log_embedded_as ON conversation_log (embedded_as, id)",
)
# Each part by the index: no vector, or that of a model that sorts before or after this one.
LEFT = " UNION ALL ".join(
    f"(SELECT id, text, blocks, edited_ts FROM conversation_log WHERE embedded_as {other} LIMIT :most)"
    for other in ("IS NULL", "< :label", "> :label")
)
MARK = """
UPDATE conversation_log SET embedded_as = :label
WHERE id = :id AND edited_ts IS NOT DISTINCT FROM :edited_ts RETURNING id
"""
STORE = """
INSERT INTO conversation_vectors (message_id, embedding) VALUES (:id, CAST(:vector AS vector))
ON CONFLICT (message_id) DO UPDATE SET embedding = excluded.embedding
"""
# A person's own only, and exactly: a few thousand distances take milliseconds, and no index is approximate.
RELATED = """
SELECT m.id, vector_dims(mine.embedding) AS dimensions
FROM conversation_log this
JOIN conversation_vectors mine ON mine.message_id = this.id
JOIN conversation_log m ON m.user_id = this.user_id AND m.embedded_as = this.embedded_as
  AND m.id <> this.id AND m.searched <> this.searched
JOIN conversation_vectors v ON v.message_id = m.id
WHERE this.id = :id AND this.user_id = :person AND this.embedded_as = :label
ORDER BY v.embedding <=> mine.embedding LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Related:
    """The nearest messages first, by which model, whose vectors have so many dimensions."""

    messages: tuple[Said, ...]
    model: str
    dimensions: int


def take_up(session: Session, settings: Settings) -> None:
    """Have whatever has no vector of this model get one, in the background."""
    if is_on(settings):
        defer(session, TASK, label(settings), priority=-10)


def run(runtime: Runtime) -> int:
    """Make vectors for a while, the rest is for the next time; how many messages it was.

    Raises EmbeddingUnavailable, also where the database has no pgvector.
    """
    if not is_on(runtime.settings):
        return 0
    prepare(runtime)
    until, done = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        left = _left(runtime)
        if not left:
            break
        for message, vector in zip(left, _vectors(runtime.settings, left), strict=True):
            _store(runtime, message, vector)
        done += len(left)
    return done


def prepare(runtime: Runtime) -> None:
    """Make what vectors need, once. Raises EmbeddingUnavailable where the server has no pgvector."""
    with transaction(runtime.sessions) as session:
        if session.scalar(text("SELECT to_regclass('conversation_vectors')")) is not None:
            return
    try:
        with transaction(runtime.sessions) as session:
            session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:lock))"), {"lock": LOCK})
            session.execute(text(FIND))
            for statement in PREPARE:
                session.execute(text(statement))
    except DBAPIError as exc:
        raise EmbeddingUnavailable("the database has no pgvector for this user", code="no_pgvector") from exc


def related(runtime: Runtime, actor: Actor, user_id: str, message_id: int) -> Related | None:
    """A person's own messages nearest in meaning; None while there is no vector of this one.

    Raises Forbidden.
    """
    only_their_own(actor, user_id)
    if not is_on(runtime.settings):
        return None
    asked = {"id": message_id, "person": user_id, "label": label(runtime.settings), "most": NEAREST}
    with transaction(runtime.sessions) as session:
        if session.scalar(text("SELECT to_regclass('conversation_vectors')")) is None:
            return None
        session.execute(text(FIND))
        found = session.execute(text(RELATED), asked).all()
        if not found:
            return None
        messages = by_ids(session, user_id, [row.id for row in found])
    return Related(tuple(messages), runtime.settings.embedding_model, found[0].dimensions)


def _left(runtime: Runtime) -> Sequence[Row[tuple[int, str, list[object] | None, str | None]]]:
    asked = {"label": label(runtime.settings), "most": AT_ONCE}
    with transaction(runtime.sessions) as session:
        return session.execute(text(LEFT), asked).all()[:AT_ONCE]


def _vectors(
    settings: Settings, left: Sequence[Row[tuple[int, str, list[object] | None, str | None]]]
) -> list[Vector | None]:
    """None for a text that the model will never take: one such must not hold up the others."""
    texts = [said(message.text, message.blocks) for message in left]
    try:
        return list(embed(settings, texts))
    except EmbeddingRefused:
        if len(texts) == 1:
            log.warning("embedding_refused", message=left[0].id)
            return [None]
    return [vector for message in left for vector in _vectors(settings, [message])]


def _store(
    runtime: Runtime, message: Row[tuple[int, str, list[object] | None, str | None]], vector: Vector | None
) -> None:
    """Unless it has been edited or deleted meanwhile."""
    mark = {"id": message.id, "edited_ts": message.edited_ts, "label": label(runtime.settings)}
    with transaction(runtime.sessions) as session:
        still_so = session.scalar(text(MARK), mark)
        if still_so is not None and vector is not None:
            session.execute(text(FIND))
            session.execute(text(STORE), {"id": message.id, "vector": vector.written})

"""Bringing every stored secret under the first key, while everything goes on.

A value is replaced only where it is still what was read: a refresh that comes in between is kept, and what
it stored is looked at in the next pass. Nothing is remembered but the values themselves, so a rotation that
was killed goes on where it was, and two at once do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from services.crypto.box import SecretBox
from services.db.engine import Sessions, transaction
from services.errors import EncryptionError

BATCH = 500
PASSES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A table with encrypted values: each of `columns` is a JSON object with values in the fields named.

    A column without fields is itself the value. What a value belongs to is `{table}/{owner}/{field}`; of a
    column without fields the field is the column.
    """

    table: str
    columns: dict[str, tuple[str, ...]]
    owner: str = "id"
    id_type: str = "text"

    @property
    def values(self) -> list[str]:
        """The SQL of each encrypted value."""
        return [
            value
            for column, fields in self.columns.items()
            for value in ([f"{column} ->> '{field}'" for field in fields] or [column])
        ]


PLACES = (
    Place(
        "gmail_tokens",
        {"token_data": ("access_token", "refresh_token"), "oauth_config": ("client_secret",)},
        "user_id",
        "integer",
    ),
    Place("auth_sessions", {"code_verifier": ()}),
    Place("token_imports", {"secrets": ("access_token", "refresh_token", "client_secret")}),
    Place("slack_links", {"dropped_token": ()}),
)


@dataclass(frozen=True, slots=True)
class Survey:
    """How many values are encrypted with which key: `keys` is key id to count, "" what is in no format."""

    current: str
    keys: dict[str, int]

    @property
    def left(self) -> int:
        """Values that the first key has not encrypted."""
        return sum(count for key, count in self.keys.items() if key != self.current)


@dataclass(frozen=True, slots=True)
class Rotated:
    """`changed` values were encrypted anew; `unreadable` ones no configured key decrypts; `after` is what is
    there now. `unsettled`: others keep storing values under another key."""

    changed: int
    unreadable: int
    after: Survey

    @property
    def unsettled(self) -> bool:
        return self.after.left > self.unreadable


def rotate(sessions: Sessions, box: SecretBox, progress: Callable[[int], None] = lambda _: None) -> Rotated:
    """Encrypt anew what the first key has not encrypted. `progress` is told of each batch's values.

    Raises DatabaseUnavailable; what was done until then stays, and another run goes on from there.
    """
    changed, unreadable = 0, 0
    for _ in range(PASSES):
        in_pass, unreadable, missed = _one_pass(sessions, box, progress)
        changed += in_pass
        if not missed and not in_pass:
            break
    return Rotated(changed, unreadable, survey(sessions, box))


def survey(sessions: Sessions, box: SecretBox) -> Survey:
    """Count the stored values by the key that encrypted them; decrypts nothing."""
    keys: dict[str, int] = {}
    with transaction(sessions) as session:
        for place in PLACES:
            for value in place.values:
                found = session.execute(
                    text(
                        f"SELECT CASE WHEN {value} LIKE 'v1.%' THEN split_part({value}, '.', 2) ELSE '' END"
                        f" AS key, count(*) FROM {place.table} WHERE {value} <> '' GROUP BY 1"
                    )
                )
                for key, count in found:
                    keys[key] = keys.get(key, 0) + count
    return Survey(box.current_key_id, keys)


def _one_pass(sessions: Sessions, box: SecretBox, progress: Callable[[int], None]) -> tuple[int, int, int]:
    """All places once: values changed, values that cannot be read, rows that changed under our hands."""
    changed, unreadable, missed = 0, 0, 0
    for place in PLACES:
        for rows in _batches(sessions, place, box.current_prefix):
            resealed = [_resealed(box, place, row) for row in rows]
            with transaction(sessions) as session:
                stored = _replace(session, place, [row for row in resealed if row.count])
            done = sum(row.count for row in resealed if row.row.id in stored)
            changed += done
            unreadable += sum(row.unreadable for row in resealed)
            missed += sum(bool(row.count) and row.row.id not in stored for row in resealed)
            progress(done)
    return changed, unreadable, missed


def _batches(sessions: Sessions, place: Place, current: str) -> Iterator[list[_Row]]:
    """Rows with a value of another key, a batch at a time in their order."""
    other = " OR ".join(f"NOT starts_with({value}, :current)" for value in place.values)
    columns = ", ".join(f"CAST({column} AS text)" for column in place.columns)
    statement = text(
        f"SELECT id, {place.owner}, {columns} FROM {place.table}"
        f" WHERE (CAST(:after AS {place.id_type}) IS NULL OR id > CAST(:after AS {place.id_type}))"
        f" AND ({other}) ORDER BY id LIMIT :batch"
    )
    after: object = None
    while True:
        with transaction(sessions) as session:
            asked = {"after": after, "current": current, "batch": BATCH}
            rows = [
                _Row(row[0], str(row[1]), dict(zip(place.columns, row[2:], strict=True)))
                for row in session.execute(statement, asked)
            ]
        if not rows:
            return
        yield rows
        after = rows[-1].id


@dataclass(frozen=True, slots=True)
class _Row:
    """A row's columns as text, as they are stored."""

    id: object
    owner: str
    columns: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class _Resealed:
    """A row as it was and its columns as they should be; `count` values of them are new."""

    row: _Row
    columns: dict[str, str | None]
    count: int
    unreadable: int


def _resealed(box: SecretBox, place: Place, row: _Row) -> _Resealed:
    columns, count, unreadable = dict(row.columns), 0, 0
    for column, fields in place.columns.items():
        old = row.columns[column]
        stored = (json.loads(old) if fields else {column: old}) if old else {}
        for field in fields or (column,):
            value = str(stored.get(field) or "")
            if not value or value.startswith(box.current_prefix):
                continue
            try:
                stored[field] = _anew(box, value, f"{place.table}/{row.owner}/{field}")
                count += 1
            except EncryptionError:
                unreadable += 1
        if stored:
            columns[column] = json.dumps(stored, ensure_ascii=False) if fields else stored[column]
    return _Resealed(row, columns, count, unreadable)


def _anew(box: SecretBox, value: str, belongs_to: str) -> str:
    return box.encrypt(box.decrypt(value, belongs_to=belongs_to), belongs_to=belongs_to)


def _replace(session: Session, place: Place, rows: list[_Resealed]) -> set[object]:
    """Store what is new where nobody has stored anything else since; the ids of those rows.

    Rows that somebody is at are left to the next pass, so that nobody waits for anybody in a circle.
    """
    if not rows:
        return set()
    asked: dict[str, object] = {"ids": [row.row.id for row in rows]}
    for column in place.columns:
        asked[f"old_{column}"] = [row.row.columns[column] for row in rows]
        asked[f"new_{column}"] = [row.columns[column] for row in rows]
    return set(session.scalars(_replacement(place), asked))


def _replacement(place: Place) -> TextClause:
    names = [f"{age}_{column}" for column in place.columns for age in ("old", "new")]
    arrays = ", ".join(f"CAST(:{name} AS text[])" for name in names)
    types = {column: "jsonb" if fields else "text" for column, fields in place.columns.items()}
    changes = ", ".join(f"{column} = CAST(new_{column} AS {types[column]})" for column in types)
    unchanged = " AND ".join(
        f"CAST(held.{column} AS text) IS NOT DISTINCT FROM fresh.old_{column}" for column in types
    )
    return text(
        f"WITH fresh AS (SELECT * FROM unnest(CAST(:ids AS {place.id_type}[]), {arrays})"
        f" AS fresh (id, {', '.join(names)})),"
        f" held AS (SELECT * FROM {place.table} WHERE id = ANY(CAST(:ids AS {place.id_type}[]))"
        " ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)"
        f" UPDATE {place.table} AS stored SET {changes} FROM fresh JOIN held USING (id)"
        f" WHERE stored.id = fresh.id AND {unchanged} RETURNING stored.id"
    )

"""Bringing every stored secret under the first key, while everything goes on.

A value is replaced only where it is still what was read: a refresh that comes in between is kept, and what
it stored is looked at in the next pass. Nothing is remembered but the values themselves, so a rotation that
was killed goes on where it was, and two at once do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.crypto.box import SecretBox
from services.db.engine import Sessions, transaction
from services.errors import EncryptionError

BATCH = 500
PASSES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """A column that holds encrypted values: fields of a JSON object, or without `fields` the text itself.

    What a value belongs to is `{table}/{owner}/{field}`; of a text the field is the column.
    """

    table: str
    column: str
    fields: tuple[str, ...] = ()
    owner: str = "id"
    id_type: str = "text"

    @property
    def values(self) -> dict[str, str]:
        """Field to the SQL that gives its encrypted value."""
        paths = {field: f"{self.column} ->> '{field}'" for field in self.fields}
        return paths or {self.column: self.column}


PLACES = (
    Place("gmail_tokens", "token_data", ("access_token", "refresh_token"), "user_id", "integer"),
    Place("gmail_tokens", "oauth_config", ("client_secret",), "user_id", "integer"),
    Place("auth_sessions", "code_verifier"),
    Place("token_imports", "secrets", ("access_token", "refresh_token", "client_secret")),
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
            for value in place.values.values():
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
            resealed = [_resealed(box, place, *row) for row in rows]
            with transaction(sessions) as session:
                stored = _replace(session, place, [row for row in resealed if row.count])
            done = sum(row.count for row in resealed if row.id in stored)
            changed += done
            unreadable += sum(row.unreadable for row in resealed)
            missed += sum(bool(row.count) and row.id not in stored for row in resealed)
            progress(done)
    return changed, unreadable, missed


def _batches(sessions: Sessions, place: Place, current: str) -> Iterator[list[tuple[object, str, str]]]:
    """Rows with a value of another key, as (id, owner, column as text), a batch at a time in their order."""
    other = " OR ".join(f"NOT starts_with({value}, :current)" for value in place.values.values())
    statement = text(
        f"SELECT id, {place.owner}, CAST({place.column} AS text) FROM {place.table}"
        f" WHERE (CAST(:after AS {place.id_type}) IS NULL OR id > CAST(:after AS {place.id_type}))"
        f" AND ({other}) ORDER BY id LIMIT :batch"
    )
    after: object = None
    while True:
        with transaction(sessions) as session:
            asked = {"after": after, "current": current, "batch": BATCH}
            rows = [(row[0], str(row[1]), str(row[2])) for row in session.execute(statement, asked)]
        if not rows:
            return
        yield rows
        after = rows[-1][0]


@dataclass(frozen=True, slots=True)
class _Resealed:
    """A row's column as it was and as it should be; `count` values of it are new."""

    id: object
    old: str
    new: str
    count: int
    unreadable: int


def _resealed(box: SecretBox, place: Place, row_id: object, owner: str, old: str) -> _Resealed:
    stored = json.loads(old) if place.fields else {place.column: old}
    count, unreadable = 0, 0
    for field in place.values:
        value = stored.get(field)
        if not value or str(value).startswith(box.current_prefix):
            continue
        belongs_to = f"{place.table}/{owner}/{field}"
        try:
            stored[field] = box.encrypt(box.decrypt(str(value), belongs_to=belongs_to), belongs_to=belongs_to)
            count += 1
        except EncryptionError:
            unreadable += 1
    new = json.dumps(stored, ensure_ascii=False) if place.fields else stored[place.column]
    return _Resealed(row_id, old, new, count, unreadable)


def _replace(session: Session, place: Place, rows: list[_Resealed]) -> set[object]:
    """Store what is new where nobody has stored anything else since; the ids of those rows."""
    column_type = "jsonb" if place.fields else "text"
    statement = text(
        f"UPDATE {place.table} AS stored SET {place.column} = CAST(fresh.new AS {column_type})"
        f" FROM unnest(CAST(:ids AS {place.id_type}[]), CAST(:olds AS text[]), CAST(:news AS text[]))"
        " AS fresh (id, old, new)"
        f" WHERE stored.id = fresh.id AND CAST(stored.{place.column} AS text) = fresh.old RETURNING stored.id"
    )
    asked = {
        "ids": [row.id for row in rows],
        "olds": [row.old for row in rows],
        "news": [row.new for row in rows],
    }
    return set(session.scalars(statement, asked)) if rows else set()

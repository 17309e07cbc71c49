"""Old tokens out of a database of the system before this one: `gmail_tokens` (JSONB), `gmail_token` (flat).

It is only read. Rows come as JSON objects (`to_jsonb`), so that whatever columns a table has, the documents'
reader knows them; what the old `user` table calls an owner is added.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from services.tokens.importing.documents import Found, in_document, shown_name
from services.tokens.importing.errors import ImportRefused
from services.tokens.importing.shapes import MAX_BYTES

TABLES = ("gmail_tokens", "gmail_token")
PEOPLE = ("user", "users")
OPTIONS = "-c default_transaction_read_only=on -c statement_timeout=60000 -c timezone=UTC"
CONNECT_SECONDS = 10

Connection = psycopg.Connection[tuple[Any, ...]]


def in_database(url: str, *, token_uri: str, now: datetime) -> list[Found]:
    """The tokens in the old tables of a database.

    Raises ImportRefused: `database_address`, `database_unreachable`, `database_refuses`, `own_database`,
    `nothing_there`. The driver's own words are not passed on: they may hold the address's password.
    """
    address = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        with psycopg.connect(
            address, connect_timeout=CONNECT_SECONDS, options=OPTIONS, row_factory=tuple_row
        ) as connection:
            return list(_in_tables(connection, token_uri, now))
    except psycopg.OperationalError as exc:
        raise ImportRefused("database_unreachable") from exc
    except psycopg.ProgrammingError as exc:
        raise ImportRefused("database_refuses" if exc.sqlstate else "database_address") from exc
    except psycopg.Error as exc:
        raise ImportRefused("database_refuses") from exc


def _in_tables(connection: Connection, token_uri: str, now: datetime) -> Iterator[Found]:
    if _exists(connection, "alembic_version") and _exists(connection, "token_imports"):
        raise ImportRefused("own_database")
    tables = [table for table in TABLES if _exists(connection, table)]
    if not tables:
        raise ImportRefused("nothing_there", ", ".join(TABLES))
    people = _people(connection)
    for table in tables:
        for place, document in _rows(connection, table):
            source = shown_name(f"{table} {place}")
            if document is None:
                yield Found(source, refused=ImportRefused("too_large"))
            else:
                known = people.get(str(document.get("user_id")), {})
                yield in_document({**known, **document}, source=source, token_uri=token_uri, now=now)


def _exists(connection: Connection, table: str) -> bool:
    found = connection.execute("SELECT to_regclass(quote_ident(%s))", [table]).fetchone()
    return found is not None and found[0] is not None


def _rows(connection: Connection, table: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Each row as what to call it and a JSON object, None where it is too large."""
    statement = sql.SQL(
        "SELECT coalesce(doc ->> 'user_id', doc ->> 'id', '?'),"
        " CASE WHEN octet_length(doc::text) <= {limit} THEN doc::text END"
        " FROM (SELECT to_jsonb(old) AS doc FROM {table} AS old) AS documents ORDER BY 1"
    ).format(limit=sql.Literal(MAX_BYTES), table=sql.Identifier(table))
    with connection.cursor(name="old_tokens") as cursor:
        for place, document in cursor.execute(statement):
            yield str(place), json.loads(document) if document is not None else None


def _people(connection: Connection) -> Mapping[str, dict[str, Any]]:
    """What the old table of people says of each id: `username`, and an address where it has one."""
    table = next((table for table in PEOPLE if _exists(connection, table)), None)
    if table is None:
        return {}
    statement = sql.SQL("SELECT to_jsonb(old) ->> 'id', to_jsonb(old) FROM {} AS old").format(
        sql.Identifier(table)
    )
    wanted = ("username", "email", "display_name", "slack_user_id")
    return {
        str(user_id): {name: row[name] for name in wanted if row.get(name)}
        for user_id, row in connection.execute(statement)
    }

"""The schema: up, down and up again; one migration however many start; the models are what is there."""

from __future__ import annotations

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from services.db import migrate
from services.db.engine import Sessions, make_engine, transaction
from services.db.models import AccessLog, Base, GmailToken, User

OURS = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'S')
UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
"""


def names(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text(OURS)).scalars())


def test_up_down_up_leaves_the_same_schema(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    migrate.upgrade(engine)
    first = names(engine)
    migrate.downgrade(engine, "base")
    assert names(engine) == {"alembic_version"}
    migrate.upgrade(engine)
    assert names(engine) == first
    assert {"users", "gmail_tokens", "gmail_token", "briefings", "procrastinate_jobs"} <= first
    engine.dispose()


def test_the_models_are_what_the_migrations_make(engine: Engine) -> None:
    def only_ours(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
        return not (kind == "table" and reflected and (name or "").startswith("procrastinate"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": only_ours})
        assert compare_metadata(context, Base.metadata) == []


def test_processes_that_start_at_once_migrate_once(empty_database_url: str) -> None:
    script = (
        "import sys; from services.db import migrate; from services.db.engine import make_engine;"
        "engine = make_engine(sys.argv[1]); migrate.upgrade(engine); print(migrate.is_current(engine))"
    )
    command = [sys.executable, "-c", script, empty_database_url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate(timeout=60)[0].strip() for process in started] == ["True"] * 4


def test_a_database_of_a_newer_version_is_left_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.SchemaTooNew, match="9999"):
        migrate.upgrade(engine)


def test_the_access_log_cannot_be_rewritten(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.add(AccessLog(actor="a", action="read_mail", subject_user_id="b"))
    for statement in ("UPDATE access_log SET actor = 'c'", "DELETE FROM access_log", "TRUNCATE access_log"):
        with pytest.raises(ProgrammingError, match="append-only"), transaction(sessions) as session:
            session.execute(text(statement))


def test_updated_at_moves_by_itself(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.add(GmailToken(user_id="u", token_data={}))
    with transaction(sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET robing_id = 'r1'"))
    with transaction(sessions) as session:
        row = session.query(GmailToken).one()
        assert row.updated_at > row.created_at


def test_the_flat_view_answers_the_old_queries(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        session.add(User(id="u", username="jiwoo"))
        session.add(
            GmailToken(
                user_id="u",
                token_data={"access_token": "v1.k.x"},
                scopes=["https://www.googleapis.com/auth/gmail.send"],
                details={"email": "jiwoo@example.com", "slack_user_id": "U1"},
            )
        )
    with transaction(sessions) as session:
        assert _flat(session.connection()) == ("jiwoo", True, None, "jiwoo@example.com")


def _flat(connection: Connection) -> tuple[object, ...]:
    row = connection.execute(
        text(
            "SELECT username, access_token IS NOT NULL, expires_at < extract(epoch FROM now()),"
            " metadata ->> 'email' FROM gmail_token"
            """ WHERE scopes @> '["https://www.googleapis.com/auth/gmail.send"]'"""
        )
    ).one()
    return tuple(row)

"""What is held on a person: listed, exported, deleted, all of it; and nobody else's to read."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select, text

from services.access import Actor
from services.db.engine import transaction
from services.db.models import Base, BulkAction, GmailToken, OutboundMessage, User
from services.errors import DatabaseUnavailable, Forbidden
from services.i18n import LANGUAGES, translator
from services.people import delete_person
from services.people.export_all import LEFT_OUT, MACHINERY, MEANING, everything
from services.people.holdings import DONE_BY, NOT_MOVED, ONE_A_PERSON, OWNED
from services.runtime import Runtime
from services.tokens import bulk, bulk_work
from tests.integration.canary import dump
from tests.integration.journeys import Sandbox, arrive
from tests.integration.somebody import ADDRESS, CANARY, DM, furnish, traces

PRIVACY = Path(__file__).parents[2] / "docs" / "privacy.md"
# Tables that hold nothing on anybody.
NOBODYS = {
    "briefing_events",
    "alembic_version",
    "heartbeats",
    "required_scopes",
    "token_status_days",
    "webhook_posts",
    "procrastinate_events",
    "procrastinate_periodic_defers",
    "procrastinate_workers",
}


@pytest.fixture
def admin(runtime: Runtime, sandbox: Sandbox) -> str:
    """Sujin, an admin, who has been told of others."""
    user_id = arrive(runtime, sandbox.person("sujin"))
    with transaction(runtime.sessions) as session:
        session.get_one(User, user_id).role = "admin"
    return user_id


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox, admin: str) -> str:
    """Emma, of whom everything is held."""
    return furnish(runtime, sandbox, "emma", admin_id=admin)


def tables_of(written: str) -> dict[str, str]:
    """The rows of each table in a dump."""
    parts = re.findall(r"^COPY public\.(\w+) .*?\n(.*?)^\\\.$", written, re.MULTILINE | re.DOTALL)
    return dict(parts)


def found(runtime: Runtime, named: dict[str, str]) -> dict[str, set[str]]:
    """In which tables which of it stands."""
    tables = tables_of(dump(runtime).decode())
    hits = {table: {name for name, said in named.items() if said in rows} for table, rows in tables.items()}
    return {table: names for table, names in hits.items() if names}


def test_everything_that_may_be_held_is_seeded_here(runtime: Runtime, emma: str) -> None:
    """A new table fails this until it is seeded, or named as holding nothing on anybody."""
    holding = found(runtime, traces(runtime, emma) | {"the token's address": "emma@mail.example"})
    assert set(tables_of(dump(runtime).decode())) - NOBODYS - set(holding) == set()


def test_nothing_is_left_of_whoever_leaves_but_an_id_in_the_access_log(
    runtime: Runtime, sandbox: Sandbox, admin: str, emma: str
) -> None:
    named = traces(runtime, emma) | {"the token's address": sandbox.person("emma").google_email}
    robing_id = "robing-emma@robing.example"
    bulk_id = _set_robing_id(runtime, admin, emma, robing_id)
    assert "gmail_tokens" in found(runtime, {"the robing_id": robing_id})
    named |= {"the robing_id": robing_id}
    with transaction(runtime.sessions) as session:
        assert session.get_one(BulkAction, bulk_id).status == "done"
        kept = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE args->>'row_id' = 'others'")
        )
        assert kept.scalar_one() == 1
    assert delete_person(runtime, emma, Actor(emma))
    assert found(runtime, named) == {"access_log": {"the id"}}
    with transaction(runtime.sessions) as session:
        kept = session.execute(
            text("SELECT count(*) FROM procrastinate_jobs WHERE args->>'row_id' = 'others'")
        )
        assert kept.scalar_one() == 1
        assert session.get(User, admin) is not None


def _set_robing_id(runtime: Runtime, admin: str, user_id: str, robing_id: str) -> str:
    """An admin gives the person's token a robing_id, for one person as for many; the action's id."""
    actor = Actor(admin, is_admin=True)
    with transaction(runtime.sessions) as session:
        bulk_id = bulk.start(
            session, runtime.settings, actor, "set_robing_id", [user_id], {"robing_id": robing_id}
        )
    bulk_work.run(runtime, bulk_id)
    return bulk_id


def test_what_others_had_stays_theirs(runtime: Runtime, sandbox: Sandbox, admin: str, emma: str) -> None:
    other = arrive(runtime, sandbox.person("daniel"))
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "UPDATE briefing_settings SET feeds = (SELECT feeds FROM briefing_settings WHERE "
                "user_id = :emma) WHERE user_id = :other"
            ),
            {"emma": emma, "other": other},
        )
    delete_person(runtime, emma, Actor(emma))
    with transaction(runtime.sessions) as session:
        assert session.execute(text("SELECT count(*) FROM news_feeds")).scalar_one() == 1
        assert set(session.scalars(select(User.id))) == {admin, other}


def test_whoever_leaves_waits_for_a_refresh_under_way(runtime: Runtime, emma: str) -> None:
    """A refresh holds the token's row and its trigger wants another one: neither turns the other away."""
    held, go_on = threading.Event(), threading.Event()
    ended: list[str] = []

    def refresh() -> None:
        with transaction(runtime.sessions) as session:
            session.execute(
                text("UPDATE gmail_tokens SET failure_count = 1 WHERE user_id = :id"), {"id": emma}
            )
            held.set()
            assert go_on.wait(20)
            session.execute(
                text("UPDATE gmail_tokens SET status = 'failing' WHERE user_id = :id"), {"id": emma}
            )
            ended.append("refreshed")

    def leave() -> None:
        delete_person(runtime, emma, Actor(emma))
        ended.append("left")

    refreshing = threading.Thread(target=refresh)
    refreshing.start()
    assert held.wait(20)
    leaving = threading.Thread(target=leave)
    leaving.start()
    leaving.join(0.3)
    go_on.set()
    refreshing.join(20)
    leaving.join(20)
    assert ended == ["refreshed", "left"]
    with transaction(runtime.sessions) as session:
        assert session.get(User, emma) is None


def test_nothing_is_deleted_by_half(runtime: Runtime, emma: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds a row for longer than is waited for: everything is still there, and said so."""
    monkeypatch.setattr("services.people.deletion.TRIES", 2)
    with transaction(runtime.sessions) as session:
        session.execute(select(OutboundMessage).where(OutboundMessage.user_id == emma).with_for_update())
        with pytest.raises(DatabaseUnavailable):
            delete_person(runtime, emma, Actor(emma))
    left = found(runtime, {"the id": emma})
    assert {"users", "outbound_messages", "conversation_log", "briefings"} <= set(left)


def unpacked(packed: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_export_has_everything_and_no_secret(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    files = unpacked(everything(runtime, Actor(emma), emma, translator("en")))
    assert set(files) == {"README.txt", *(f"{table}.json" for table in MEANING)}
    with transaction(runtime.sessions) as session:
        token = session.scalars(select(GmailToken).where(GmailToken.user_id == emma)).one()
        sealed = [*token.token_data.values(), (token.oauth_config or {})["client_secret"], token.grant_id]
        sealed.remove("Bearer")
        for table, columns in LEFT_OUT.items():
            for column in columns - {"token_data", "oauth_config", "refreshing_until", "secrets"}:
                sealed += filter(None, session.scalars(text(f"SELECT {column} FROM {table}")).all())
    whole = "\n".join(files.values())
    assert [secret for secret in sealed if len(str(secret)) > 1 and str(secret) in whole] == []
    for name in ("conversation_log", "briefings", "previews", "pending_requests", "outbound_messages"):
        assert CANARY in files[f"{name}.json"], name
    assert json.loads(files["users.json"])[0]["display_name"] == "Emma Clarke"
    assert ADDRESS in files["briefing_settings.json"]
    assert DM in files["slack_events.json"]


def test_the_export_has_nobody_elses(runtime: Runtime, sandbox: Sandbox, admin: str, emma: str) -> None:
    daniel = arrive(runtime, sandbox.person("daniel"))
    files = unpacked(everything(runtime, Actor(daniel), daniel, translator("ko")))
    assert CANARY not in "".join(files.values())
    assert "내 정보" in files["README.txt"]
    with pytest.raises(Forbidden):
        everything(runtime, Actor(admin, is_admin=True), emma, translator("en"))


def test_every_column_that_looks_like_a_secret_is_left_out() -> None:
    suspicious = re.compile("hash|digest|secret|verifier|token_data|oauth_config|dropped|lease|grant_id")
    shown = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        if table.name in MEANING
        for column in table.columns
        if suspicious.search(column.name) and column.name not in LEFT_OUT.get(table.name, set()) | MACHINERY
    }
    assert shown == set()


def test_every_table_is_in_the_privacy_page() -> None:
    listed = set(re.findall(r"^\| `(\w+)`", PRIVACY.read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == set(Base.metadata.tables) | {"procrastinate_jobs"}


def test_every_table_with_somebodys_id_is_exported_or_said_not_to_be() -> None:
    with_ids = {column.class_.__tablename__ for column in (*OWNED, *ONE_A_PERSON, *NOT_MOVED)}
    assert with_ids <= set(MEANING)
    # What somebody did for others is in the access log.
    assert {column.class_.__tablename__ for column in DONE_BY} - set(MEANING) == {"runs", "bulk_actions"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_is_explained(language: str) -> None:
    t = translator(language)
    assert all(t.gettext(meaning) for meaning in MEANING.values())

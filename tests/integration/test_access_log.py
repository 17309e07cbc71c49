"""The access log: who did what to whose, found again, shown to its subject, and never changed."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from services import audit
from services.access import Actor
from services.db.engine import transaction
from services.db.models import AccessLog, User
from services.errors import Forbidden
from services.paging import PAGE_SIZE
from services.runtime import Runtime
from services.tokens.export import access_csv

ADMIN = Actor("sujin", is_admin=True)
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture(autouse=True)
def people(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.add(User(id="sujin", display_name="오수진", email="sujin@narae.example", role="admin"))
        session.add(User(id="emma", display_name="Emma Clarke", email="emma@narae.example"))


def note(runtime: Runtime, actor: str, action: str, subject: str, at: datetime | None = None) -> None:
    values = {"at": at} if at is not None else {}
    with transaction(runtime.sessions) as session:
        session.add(AccessLog(actor=actor, action=action, subject_user_id=subject, **values))


def look(runtime: Runtime, asked: audit.Filter, page: int = 1) -> list[tuple[str, str, str]]:
    with transaction(runtime.sessions) as session:
        rows = audit.entries(session, ADMIN, asked, page).rows
    return [(row.actor_name or row.actor, row.action, row.subject_name or row.subject) for row in rows]


def own(runtime: Runtime, user_id: str) -> list[str]:
    with transaction(runtime.sessions) as session:
        return [row.action for row in audit.own_entries(session, Actor(user_id), user_id).rows]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE access_log SET actor = 'c'", "DELETE FROM access_log", "TRUNCATE access_log"],
)
def test_not_even_the_tables_owner_changes_a_line(runtime: Runtime, statement: str) -> None:
    note(runtime, "sujin", "view_token", "emma")
    owner = "SELECT tableowner = current_user FROM pg_tables WHERE tablename = 'access_log'"
    with transaction(runtime.sessions) as session:
        assert session.scalar(text(owner))
    with pytest.raises(ProgrammingError, match="append-only"), transaction(runtime.sessions) as session:
        session.execute(text(statement))
    assert look(runtime, audit.Filter()) == [("오수진", "view_token", "Emma Clarke")]


def test_no_session_setting_turns_that_off(runtime: Runtime) -> None:
    triggers = (
        "SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 'access_log'::regclass AND NOT tgisinternal"
    )
    with transaction(runtime.sessions) as session:
        assert {row.tgname: row.tgenabled for row in session.execute(text(triggers))} == {
            "access_log_append_only": "A",
            "access_log_no_truncate": "A",
        }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (audit.Filter(), ["d", "c", "b", "a"]),
        (audit.Filter(who="오수진"), ["c", "a"]),
        (audit.Filter(who="SUJIN@"), ["c", "a"]),
        (audit.Filter(who="system:"), ["d"]),
        (audit.Filter(whose="clarke"), ["d", "a"]),
        (audit.Filter(who="sujin", whose="emma"), ["a"]),
        (audit.Filter(action="b"), ["b"]),
        (audit.Filter(who="%"), []),
        (audit.Filter(who="\0", action="a\0"), ["a"]),
        (audit.Filter(since=date(2026, 1, 5), zone=SEOUL), ["d", "c", "b"]),
        (audit.Filter(until=date(2026, 1, 4), zone=SEOUL), ["a"]),
        (audit.Filter(since=date(2026, 1, 5), until=date(2026, 1, 5), zone=SEOUL), ["c", "b"]),
        (audit.Filter(since=date.min, until=date.max), ["d", "c", "b", "a"]),
    ],
)
def test_lines_are_found(runtime: Runtime, asked: audit.Filter, found: list[str]) -> None:
    note(runtime, "sujin", "a", "emma", datetime(2026, 1, 4, 14, 59, tzinfo=UTC))
    note(runtime, "emma", "b", "gone for good", datetime(2026, 1, 4, 15, 0, tzinfo=UTC))
    note(runtime, "sujin", "c", "sujin", datetime(2026, 1, 5, 14, 59, tzinfo=UTC))
    note(runtime, "system:api", "d", "emma", datetime(2026, 1, 5, 15, 0, tzinfo=UTC))
    assert [action for _, action, _ in look(runtime, asked)] == found


def test_each_person_sees_what_others_and_programs_did(runtime: Runtime) -> None:
    note(runtime, "emma", "export_tokens", audit.EVERYBODY, datetime.now(UTC) - timedelta(days=9))
    for actor, action, subject in (
        ("sujin", "view_token", "emma"),
        ("emma", "disconnect", "emma"),
        ("emma", "read_mail", "emma"),
        ("sujin", "refresh_token", "sujin"),
        ("sujin", "export_tokens", audit.EVERYBODY),
        ("sujin", "export_access_log", audit.EVERYBODY),
        ("system:api", "refresh_token", "emma"),
    ):
        note(runtime, actor, action, subject)
    assert own(runtime, "emma") == ["refresh_token", "export_tokens", "read_mail", "view_token"]
    assert own(runtime, "sujin") == []


def test_an_export_from_before_somebody_came_does_not_concern_them(runtime: Runtime) -> None:
    note(runtime, "sujin", "export_tokens", audit.EVERYBODY, datetime.now(UTC) - timedelta(days=1))
    assert own(runtime, "emma") == []


def test_others_lines_are_for_admins(runtime: Runtime) -> None:
    emma = Actor("emma")
    with transaction(runtime.sessions) as session:
        for refused in (
            lambda: audit.entries(session, emma, audit.Filter()),
            lambda: audit.own_entries(session, emma, "sujin"),
            lambda: list(audit.each_entry(session, emma, audit.Filter())),
        ):
            with pytest.raises(Forbidden):
                refused()
    for actor in (emma, Actor("emma", is_admin=True)):
        with pytest.raises(Forbidden):
            access_csv(runtime, actor, audit.Filter())


def test_a_look_is_one_line_however_long_it_lasts(runtime: Runtime) -> None:
    for actor in ("sujin", "sujin", "emma"):
        with transaction(runtime.sessions) as session:
            audit.record_look(
                session, actor=actor, action="view_token", subject="emma", within=timedelta(minutes=10)
            )
    assert [actor for actor, _, _ in look(runtime, audit.Filter())] == ["Emma Clarke", "오수진"]


def test_pages_follow_each_other_and_the_export_has_them_all(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(
            text(
                "INSERT INTO access_log (actor, action, subject_user_id)"
                " SELECT 'sujin', '=cmd' || n, 'emma' FROM generate_series(1, 2010) n"
            )
        )
    first, last = look(runtime, audit.Filter()), look(runtime, audit.Filter(), 41)
    assert (len(first), len(last)) == (PAGE_SIZE, 10)
    lines = list(csv.DictReader(io.StringIO(access_csv(runtime, ADMIN, audit.Filter()).decode("utf-8-sig"))))
    assert [line["action"] for line in lines] == [f"'=cmd{n}" for n in range(2010, 0, -1)]
    with transaction(runtime.sessions) as session:
        newest = session.scalars(select(AccessLog).order_by(AccessLog.id.desc()).limit(1)).one()
    assert (newest.action, newest.detail) == ("export_access_log", {"rows": 2010})

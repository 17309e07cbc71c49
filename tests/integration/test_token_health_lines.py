"""The health page's own lines: they follow people and tokens by themselves, whoever writes first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.access import Actor
from services.db.engine import transaction
from services.db.models import GmailToken, RequiredScopes, TokenHealth, User
from services.paging import PAGE_SIZE
from services.runtime import Runtime
from services.tokens import overview, scopes, standing
from services.tokens.overview import Filter

ADMIN = Actor("an admin", is_admin=True)
GOOGLE = "https://www.googleapis.com/auth/"
READONLY = f"{GOOGLE}gmail.readonly"


def execute(runtime: Runtime, statement: str, **values: object) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text(statement), values)


def person(runtime: Runtime, user_id: str, **values: object) -> str:
    with transaction(runtime.sessions) as session:
        session.add(User(**{"id": user_id, "display_name": user_id.title(), "locale": "en"} | values))
    return user_id


def token(runtime: Runtime, user_id: str, **columns: object) -> str:
    values: dict[str, object] = {"status": "healthy", "scopes": [READONLY], "token_data": {}} | columns
    with transaction(runtime.sessions) as session:
        session.add(GmailToken(user_id=user_id, **values))
    return user_id


def line(runtime: Runtime, user_id: str) -> overview.TokenRow | None:
    with transaction(runtime.sessions) as session:
        return overview.read_row(session, runtime.settings, ADMIN, user_id)


def there(runtime: Runtime, user_id: str) -> overview.TokenRow:
    row = line(runtime, user_id)
    assert row is not None
    return row


def found(runtime: Runtime, asked: Filter, page: int = 1) -> list[str]:
    with transaction(runtime.sessions) as session:
        rows = overview.token_health(session, runtime.settings, ADMIN, asked, page).rows
    return [row.user_id for row in rows]


def counts(runtime: Runtime) -> dict[str, int]:
    with transaction(runtime.sessions) as session:
        return overview.status_counts(session, runtime.settings, ADMIN)


def test_a_line_comes_and_goes_with_the_person_and_the_token(runtime: Runtime) -> None:
    person(runtime, "ann", email="ann@example.com")
    assert there(runtime, "ann").status == "not_connected"
    token(runtime, "ann")
    assert there(runtime, "ann").status == "healthy"
    execute(runtime, "DELETE FROM gmail_tokens")
    assert there(runtime, "ann").status == "not_connected"
    token(runtime, "ann", details={"display_name": "Old Ann"})
    execute(runtime, "DELETE FROM users")
    left = there(runtime, "ann")
    assert (left.name, left.known) == ("Old Ann", False)
    execute(runtime, "DELETE FROM gmail_tokens")
    assert line(runtime, "ann") is None


def test_a_token_that_gets_another_owner_moves(runtime: Runtime) -> None:
    token(runtime, "parked", robing_id="r1")
    person(runtime, "ann")
    execute(runtime, "UPDATE gmail_tokens SET user_id = 'ann' WHERE user_id = 'parked'")
    assert line(runtime, "parked") is None
    assert there(runtime, "ann").robing_id == "r1"


def test_writers_of_the_person_and_of_the_token_at_once_lose_nothing(runtime: Runtime) -> None:
    person(runtime, "ann")
    token(runtime, "ann")
    begun, done = threading.Event(), threading.Event()

    def shut_out() -> None:
        with transaction(runtime.sessions) as session:
            session.execute(text("UPDATE users SET active = false WHERE id = 'ann'"))
            begun.set()
            done.wait(5)

    other = threading.Thread(target=shut_out)
    other.start()
    begun.wait(5)

    def fail() -> None:
        execute(runtime, "UPDATE gmail_tokens SET status = 'failing' WHERE user_id = 'ann'")

    writer = threading.Thread(target=fail)
    writer.start()
    done.set()
    writer.join(10)
    other.join(10)
    row = there(runtime, "ann")
    assert (row.active, row.status) == (False, "failing")


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, "healthy"),
        ({"expiry": timedelta(hours=-1)}, "refresh_due"),
        ({"expiry": timedelta(hours=1)}, "healthy"),
        ({"status": "refresh_due"}, "refresh_due"),
        ({"status": "failing", "expiry": timedelta(hours=-1)}, "failing"),
        ({"refresh_token_expires_at": timedelta(days=1)}, "expiring_soon"),
        ({"refresh_token_expires_at": timedelta(days=9)}, "healthy"),
        ({"refresh_token_expires_at": timedelta(days=1), "expiry": timedelta(hours=-1)}, "expiring_soon"),
        ({"created_at": timedelta(days=-179)}, "expiring_soon"),
        ({"created_at": timedelta(days=-400), "last_used_at": timedelta(days=-1)}, "healthy"),
        ({"status": "not_connected"}, "not_connected"),
        ({"scopes": ["openid"]}, "reconnect_required"),
        ({"scopes": None}, "reconnect_required"),
        ({"status": "reconnect_required", "status_reason": "invalid_rapt"}, "reconnect_required"),
    ],
)
def test_where_a_token_stands(runtime: Runtime, columns: dict[str, object], status: str) -> None:
    now = datetime.now(UTC)
    person(runtime, "ann")
    token(
        runtime,
        "ann",
        **{name: now + value if isinstance(value, timedelta) else value for name, value in columns.items()},
    )
    assert there(runtime, "ann").status == status
    assert found(runtime, Filter(status=status)) == ["ann"]
    assert counts(runtime) == {name: int(name == status) for name in overview.WORST_FIRST}
    assert found(runtime, Filter(only_trouble=True)) == ([] if status in overview.ALL_GOOD else ["ann"])


def test_other_required_scopes_are_followed(runtime: Runtime) -> None:
    person(runtime, "ann")
    token(runtime, "ann")
    execute(runtime, "UPDATE required_scopes SET scopes = '[\"other\"]'")
    execute(runtime, "UPDATE token_health SET lacks_scope = true")
    assert there(runtime, "ann").status == "healthy"
    with transaction(runtime.sessions) as session:
        assert session.query(RequiredScopes).one().scopes == [READONLY]


@pytest.mark.parametrize("scope", [*sorted(scopes.READING | scopes.SENDING), "openid"])
def test_the_database_knows_the_same_scopes(runtime: Runtime, scope: str) -> None:
    token(runtime, "ann", scopes=[scope])
    with transaction(runtime.sessions) as session:
        stored = session.get_one(TokenHealth, "ann")
        assert (stored.reads, stored.sends) == (scope in scopes.READING, scope in scopes.SENDING)


def test_filters_narrow_together(runtime: Runtime) -> None:
    person(runtime, "ann", slack_user_id="U0ANN", email="ann@example.com")
    person(runtime, "bob", username="bobby")
    person(runtime, "eve", active=False)
    token(runtime, "ann", scopes=[READONLY, f"{GOOGLE}gmail.send"])
    token(runtime, "bob", details={"email": "BOB@mail.example"}, robing_id="r2")
    for asked, expected in (
        (Filter(can_send=True), ["ann"]),
        (Filter(can_send=False), ["bob", "eve"]),
        (Filter(can_read=True, on_slack=False), ["bob"]),
        (Filter(on_slack=True), ["ann"]),
        (Filter(text="Bob@MAIL"), ["bob"]),
        (Filter(text="bobby"), ["bob"]),
        (Filter(text="u0ann"), ["ann"]),
        (Filter(text="ann\0"), ["ann"]),
        (Filter(text="x' OR 1=1 --"), []),
        (Filter(robing_id="r2", can_send=True), []),
        (Filter(status="no such"), []),
        (Filter(), ["ann", "bob", "eve"]),
    ):
        assert sorted(found(runtime, asked)) == expected, asked


def test_sorting_and_paging_go_through_everybody_once(runtime: Runtime) -> None:
    execute(
        runtime,
        "INSERT INTO users (id, display_name, active)"
        " SELECT 'u' || n, 'N' || lpad(n::text, 4, '0'), n % 7 <> 0 FROM generate_series(1, 130) n",
    )
    execute(
        runtime,
        "INSERT INTO gmail_tokens (user_id, token_data, scopes, status, refresh_token_expires_at)"
        " SELECT 'u' || n, '{}', CAST(:scopes AS jsonb), CASE n % 3 WHEN 0 THEN 'failing' ELSE 'healthy' END,"
        " now() + n * interval '1 hour' FROM generate_series(1, 100) n",
        scopes=f'["{READONLY}"]',
    )
    for sort in standing.SORTS:
        asked = Filter(sort=sort)
        pages = [found(runtime, asked, number) for number in (1, 2, 3, 4)]
        assert [len(ids) for ids in pages] == [PAGE_SIZE, PAGE_SIZE, 30, 0]
        assert len({user_id for ids in pages for user_id in ids}) == 130
    assert found(runtime, Filter(sort="name"))[:2] == ["u1", "u2"]
    assert found(runtime, Filter(sort="dies_at", status="expiring_soon"))[:2] == ["u1", "u2"]
    with transaction(runtime.sessions) as session:
        trouble = Filter(only_trouble=True)
        each = [row.user_id for row in overview.each_row(session, runtime.settings, ADMIN, trouble)]
        assert sorted(each) == sorted(found(runtime, trouble) + found(runtime, trouble, 2))


def test_a_name_as_long_as_a_book_does_not_keep_a_token_from_being_stored(runtime: Runtime) -> None:
    token(runtime, "ann", details={"display_name": "길" * 100_000, "email": {"not": "a text"}})
    assert there(runtime, "ann").status == "healthy"

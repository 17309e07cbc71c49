"""Everybody's token for admins: worst first, with reasons; refreshing at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text

from services.access import Actor
from services.db.engine import transaction
from services.db.models import AccessLog, GmailToken
from services.errors import Forbidden, NotConnected, SourceUnavailable
from services.paging import Page
from services.runtime import Runtime
from services.tokens import overview
from services.tokens.overview import Filter, TokenRow
from tests.integration.journeys import Sandbox, arrive, connect

ADMIN = Actor("an admin", is_admin=True)
READONLY = "https://www.googleapis.com/auth/gmail.readonly"


def look(runtime: Runtime, asked: Filter | None = None, *, page: int = 1) -> Page[TokenRow]:
    with transaction(runtime.sessions) as session:
        return overview.token_health(session, runtime.settings, ADMIN, asked, page)


def store(runtime: Runtime, user_id: str, **columns: object) -> None:
    values: dict[str, object] = {"status": "healthy", "scopes": [READONLY], "token_data": {}} | columns
    with transaction(runtime.sessions) as session:
        session.add(GmailToken(user_id=user_id, **values))


def execute(runtime: Runtime, statement: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(text(statement))


@pytest.fixture
def everybody(runtime: Runtime, sandbox: Sandbox) -> list[str]:
    """One person in each condition, worst first, and a token whose owner has not come yet."""
    keys = [key for key, person in sandbox.world.people.items() if person.slack_user_id][:7]
    people = [arrive(runtime, sandbox.person(key)) for key in keys]
    conditions: list[dict[str, object] | None] = [
        {"status": "reconnect_required", "status_reason": "revoked_or_expired", "status_detail": "bad"},
        {"status": "failing"},
        {},
        None,
        {},
        {},
    ]
    for user_id, condition in zip(people, conditions, strict=False):
        if condition is not None:
            store(runtime, user_id, **condition)
    soon, due = people[2], people[4]
    execute(
        runtime,
        f"UPDATE gmail_tokens SET refresh_token_expires_at = now() + '1 day' WHERE user_id = '{soon}'",
    )
    execute(runtime, f"UPDATE gmail_tokens SET expiry = now() - interval '1 hour' WHERE user_id = '{due}'")
    store(
        runtime,
        "imported",
        robing_id="robing_7",
        scopes=["https://www.googleapis.com/auth/gmail.send"],
        details={"email": "old@example.com", "display_name": "Old Hand", "slack_user_id": "U0OLD"},
    )
    execute(runtime, f"DELETE FROM users WHERE id = '{people[6]}'")
    return people[:6]


def test_the_worst_comes_first_with_its_reason(runtime: Runtime, everybody: list[str]) -> None:
    rows = look(runtime).rows
    assert len(rows) == 7
    ranks = [overview.WORST_FIRST.index(row.status) for row in rows]
    assert ranks == sorted(ranks)
    assert {row.user_id: row.status for row in rows if row.user_id != "imported"} == dict(
        zip(everybody, overview.WORST_FIRST, strict=True)
    )
    revoked = next(row for row in rows if row.user_id == everybody[0])
    assert (revoked.reason, revoked.detail, revoked.can_read) == ("revoked_or_expired", "bad", False)
    healthy = rows[-1]
    assert (healthy.can_read, healthy.can_send, healthy.reason) == (True, False, None)
    assert healthy.next_briefing_at is not None


def test_a_missing_scope_is_named_and_an_imported_token_is_shown(
    runtime: Runtime, everybody: list[str]
) -> None:
    (imported,) = look(runtime, Filter(robing_id="robing_7")).rows
    assert (imported.status, imported.reason) == ("reconnect_required", "missing_scope")
    assert (imported.can_read, imported.can_send) == (False, True)
    assert (imported.name, imported.mailbox, imported.slack_user_id) == (
        "Old Hand",
        "old@example.com",
        "U0OLD",
    )


def test_counts_are_of_all(runtime: Runtime, everybody: list[str]) -> None:
    with transaction(runtime.sessions) as session:
        counts = overview.status_counts(session, runtime.settings, ADMIN)
    assert counts == {name: 2 if name == "reconnect_required" else 1 for name in overview.WORST_FIRST}
    assert list(counts) == list(overview.WORST_FIRST)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (Filter(status="healthy"), 1),
        (Filter(text="OLD@"), 1),
        (Filter(text="%"), 0),
        (Filter(text="old", status="healthy"), 0),
        (Filter(robing_id="robing_"), 0),
        (Filter(), 7),
    ],
)
def test_looking_for_some(runtime: Runtime, everybody: list[str], asked: Filter, found: int) -> None:
    page = look(runtime, asked)
    assert (len(page.rows), page.total) == (found, found)


def test_many_people_come_in_pages(runtime: Runtime) -> None:
    for n in range(51):
        store(runtime, f"u{n:02}")
    first, second = look(runtime), look(runtime, page=2)
    assert (len(first.rows), len(second.rows), first.total, first.pages) == (50, 1, 51, 2)
    assert len({row.user_id for row in (*first.rows, *second.rows)}) == 51


def test_only_admins_see_others(runtime: Runtime) -> None:
    member = Actor("a member")
    with transaction(runtime.sessions) as session:
        with pytest.raises(Forbidden):
            overview.token_health(session, runtime.settings, member)
        with pytest.raises(Forbidden):
            overview.status_counts(session, runtime.settings, member)


def test_the_reconnect_link_leads_through_the_portal(runtime: Runtime) -> None:
    assert overview.reconnect_link(runtime.settings, "u") == f"{runtime.settings.portal_url}/connect"


def test_refreshing_at_once_though_nothing_is_due(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    before = sandbox.calls("oauth.token")
    assert overview.refresh_now(runtime, user_id, Actor(user_id)) == "healthy"
    assert sandbox.calls("oauth.token") == before + 1


def test_clicks_at_once_refresh_once(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.fault(path="/token", latency_ms=700)
    before = sandbox.calls("oauth.token")
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: overview.refresh_now(runtime, user_id, Actor(user_id)), range(4)))
    assert set(said) == {"healthy"}
    assert sandbox.calls("oauth.token") == before + 1


def test_a_failure_a_moment_ago_does_not_hold_back_a_click(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.fault(path="/token", status=503, times=2)
    with pytest.raises(SourceUnavailable):
        overview.refresh_now(runtime, user_id, Actor(user_id))
    assert look(runtime, Filter(status="failing")).total == 1
    assert overview.refresh_now(runtime, user_id, Actor(user_id)) == "healthy"


def test_a_revoked_token_says_so(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    connect(runtime, sandbox, user_id, "seoyeon")
    sandbox.fault(path="/token", status=400, body={"error": "invalid_grant", "error_description": "gone"})
    with pytest.raises(NotConnected) as caught:
        overview.refresh_now(runtime, user_id, Actor(user_id))
    assert caught.value.code == "revoked_or_expired"
    (row,) = look(runtime, Filter(status="reconnect_required")).rows
    assert (row.reason, row.detail) == ("revoked_or_expired", "invalid_grant: gone")


def test_who_may_refresh(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    with pytest.raises(NotConnected):
        overview.refresh_now(runtime, user_id, Actor(user_id))
    connect(runtime, sandbox, user_id, "seoyeon")
    with pytest.raises(Forbidden):
        overview.refresh_now(runtime, user_id, Actor("somebody else"))
    overview.refresh_now(runtime, user_id, ADMIN)
    with transaction(runtime.sessions) as session:
        (noted,) = session.scalars(select(AccessLog))
    assert (noted.actor, noted.action, noted.subject_user_id) == ("an admin", "refresh_token", user_id)

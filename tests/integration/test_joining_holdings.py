"""What two people have comes together, all of it: which row of which table wins, and nothing left behind."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, func, inspect, select, text, update

from services import preferences
from services.access import Actor
from services.alerts import book
from services.audit import Filter, entries, own_entries, record
from services.db.engine import transaction
from services.db.models import (
    AccessLog,
    Alert,
    ApiKey,
    AuthSession,
    Base,
    Briefing,
    BriefingSettings,
    BulkAction,
    BulkActionItem,
    ConversationMessage,
    GmailToken,
    OutboundMessage,
    PendingRequest,
    Preview,
    Run,
    SignIn,
    SlackLink,
    TokenEvent,
    TokenHealth,
    TokenImport,
    User,
    UserIdentity,
)
from services.people import sign_out_everywhere
from services.people.holdings import DONE_BY, NOT_MOVED, ONE_A_PERSON, OWNED
from services.people.join_work import join, revoke_dropped
from services.people.slack_link import vouched_for
from services.runtime import Runtime
from services.tokens import refresh
from tests.integration.joining_people import by_dm, by_google, link_of, work
from tests.integration.journeys import Sandbox, connect, settled

SOON = timedelta(hours=1)
TODAY = date(2026, 1, 5)
NAMES_OF_PEOPLE = ("user_id", "subject", "actor", "used_by", "_by", "owner", "person")
# Columns named as if they held one of our ids.
SLACKS_OWN = {
    "users.slack_user_id",
    "slack_events.slack_user_id",
    "slack_links.slack_user_id",
}
OF_A_SIGN_IN = {"user_identities.subject"}
OF_THE_OLD_SYSTEM = {"token_imports.old_user_id"}


@pytest.fixture
def there(runtime: Runtime, sandbox: Sandbox) -> str:
    """Taeho by his DM."""
    return by_dm(runtime, sandbox, "taeho")


@pytest.fixture
def here(runtime: Runtime) -> str:
    """Taeho by his sign-in."""
    return by_google(runtime, "ty")


def become_one(runtime: Runtime, there: str, here: str) -> str:
    """Join them; the link's id."""
    with transaction(runtime.sessions) as session:
        link_id = vouched_for(session, session.get_one(User, there), here)
    join(runtime, link_id)
    with transaction(runtime.sessions) as session:
        assert (
            session.execute(select(SlackLink.status).where(SlackLink.id == link_id)).scalar_one() == "joined"
        )
    return link_id


def put(runtime: Runtime, *rows: Base) -> None:
    with transaction(runtime.sessions) as session:
        for row in rows:
            session.add(row)
            session.flush()


def all_of(runtime: Runtime, what: Any, *where: Any) -> list[Any]:
    with transaction(runtime.sessions) as session:
        return list(session.execute(select(what).where(*where)).scalars())


def briefing(user_id: str, name: str, *, kind: str = "daily", **values: Any) -> Briefing:
    now = datetime.now(UTC)
    days = {"local_date": TODAY, "due_at": now, "deadline_at": now + SOON}
    return Briefing(**({"id": name, "user_id": user_id, "kind": kind} | days | values))


def message(user_id: str, name: str, **values: Any) -> OutboundMessage:
    content = {"text": "x", "blocks": []}
    made = {"id": name, "user_id": user_id, "dedupe_key": name, "kind": "reply", "content": content}
    return OutboundMessage(**(made | {"deadline_at": datetime.now(UTC) + SOON} | values))


def waiting(user_id: str, name: str, *, asked_at: datetime, asks: str = "same") -> PendingRequest:
    return PendingRequest(
        id=name,
        user_id=user_id,
        text="x",
        asks=asks,
        needs="mail",
        channel="D1",
        ts=name,
        asked_at=asked_at,
        expires_at=datetime.now(UTC) + SOON,
    )


def one_of_each(user_id: str) -> list[Base]:
    """A row in every table that holds a person's id."""
    now = datetime.now(UTC)
    bulk = BulkAction(id="bulk", requested_by=user_id, action="refresh")
    run = Run(id="run", kind="manual", requested_by=user_id)
    return [
        UserIdentity(issuer="https://elsewhere.example", subject="there", user_id=user_id),
        SignIn(digest="digest", user_id=user_id),
        AuthSession(
            id="attempt", user_id=user_id, browser_hash="x", scopes=[], redirect_uri="x", expires_at=now
        ),
        run,
        briefing(user_id, "briefing", run_id="run"),
        message(user_id, "message", briefing_id="briefing"),
        ConversationMessage(
            user_id=user_id, channel="D1", ts="1.1", role="user", kind="request", text="x", said_at=now
        ),
        waiting(user_id, "waiting", asked_at=now),
        Preview(id="preview", user_id=user_id),
        ApiKey(id="key", user_id=user_id, name="x", key_hash="x", prefix="x"),
        SlackLink(digest="x", user_id=user_id, slack_user_id="U0TAEHO000", expires_at=now, used_by=user_id),
        TokenImport(
            id="import",
            digest="x",
            source="x",
            scopes=[],
            details={},
            user_id=user_id,
            status="assigned",
            imported_by=user_id,
        ),
        TokenEvent(user_id=user_id, kind="connected"),
        GmailToken(user_id=user_id, token_data={}),
        Alert(kind="token_broken", subject=user_id),
        bulk,
        BulkActionItem(bulk_id="bulk", user_id=user_id),
    ]


def test_every_column_that_names_a_person_is_known() -> None:
    """A table that is new belongs into services/people/holdings.py, or here where it names nobody."""
    found = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if _names_a_person(column)
    }
    listed = (*OWNED, *DONE_BY, *ONE_A_PERSON, *NOT_MOVED)
    known = {f"{one.class_.__tablename__}.{one.key}" for one in listed}
    assert found - SLACKS_OWN - OF_A_SIGN_IN - OF_THE_OLD_SYSTEM == known


def _names_a_person(column: Column[Any]) -> bool:
    refers = any(key.column.table.name == "users" for key in column.foreign_keys)
    return refers or any(column.name.endswith(name) for name in NAMES_OF_PEOPLE)


def test_a_row_of_each_kind_comes_along_and_the_old_id_leads_to_nobody(
    runtime: Runtime, there: str, here: str
) -> None:
    put(runtime, *one_of_each(there))
    before = {column: len(all_of(runtime, column, column == there)) for column in (*OWNED, *DONE_BY)}
    assert all(before.values())
    become_one(runtime, there, here)
    for column, count in before.items():
        assert len(all_of(runtime, column, column == here)) >= count, column
    with transaction(runtime.sessions) as session:
        for table in Base.metadata.sorted_tables:
            found = session.execute(
                text(f"SELECT count(*) FROM {table.name} held WHERE held::text LIKE :there"),
                {"there": f"%{there}%"},
            ).scalar_one()
            assert found == (1 if table.name == "access_log" else 0), table.name


def test_every_column_of_a_person_has_been_thought_of() -> None:
    """A column that is new belongs into `merging._as_one`, and then here."""
    kept_or_settled = {
        "id",
        "active",
        "locale",
        "timezone",
        "signed_out_at",
        *("username", "display_name", "email", "role", "created_at"),
        *("slack_user_id", "slack_channel", "conversation_days", "conversations_since"),
    }
    assert {column.key for column in inspect(User).columns} == kept_or_settled


def test_the_access_log_says_who_became_whom(runtime: Runtime, there: str, here: str) -> None:
    become_one(runtime, there, here)
    with transaction(runtime.sessions) as session:
        (line,) = entries(session, Actor(here, is_admin=True), Filter(action="joined")).rows
    assert (line.actor, line.subject, line.detail) == (here, here, {"was": there})


def test_what_others_did_to_the_one_who_left_is_among_ones_own_lines(
    runtime: Runtime, there: str, here: str
) -> None:
    with transaction(runtime.sessions) as session:
        record(session, actor="an admin", action="refresh_token", subject=there)
        record(session, actor=there, action="disconnect", subject=there)
        record(session, actor="an admin", action="refresh_token", subject="somebody else")
    become_one(runtime, there, here)
    with transaction(runtime.sessions) as session:
        lines = own_entries(session, Actor(here), here).rows
    assert [line.action for line in lines] == ["joined", "refresh_token"]


@pytest.mark.parametrize("admin", ["there", "here"])
def test_an_admin_stays_one(runtime: Runtime, there: str, here: str, admin: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(
            update(User).where(User.id == {"there": there, "here": here}[admin]).values(role="admin")
        )
    become_one(runtime, there, here)
    assert settled(runtime, here).role == "admin"


def test_a_sign_in_that_was_ended_everywhere_does_not_come_back(
    runtime: Runtime, there: str, here: str
) -> None:
    put(runtime, SignIn(digest="old", user_id=there))
    with transaction(runtime.sessions) as session:
        sign_out_everywhere(session, there)
    put(runtime, SignIn(digest="new", user_id=there))
    become_one(runtime, there, here)
    revoked = {row.digest: row.revoked_at is not None for row in all_of(runtime, SignIn)}
    assert (revoked["old"], revoked["new"]) == (True, False)


def test_of_the_same_question_the_latest_waits(runtime: Runtime, there: str, here: str) -> None:
    now = datetime.now(UTC)
    put(
        runtime,
        waiting(there, "early", asked_at=now - SOON),
        waiting(here, "late", asked_at=now),
        waiting(there, "late2", asked_at=now, asks="other"),
        waiting(here, "early2", asked_at=now - SOON, asks="other"),
        waiting(there, "alone", asked_at=now, asks="third"),
    )
    become_one(runtime, there, here)
    states = {row.id: row.status for row in all_of(runtime, PendingRequest)}
    assert states == {
        "early": "withdrawn",
        "late": "waiting",
        "early2": "withdrawn",
        "late2": "waiting",
        "alone": "waiting",
    }


@pytest.mark.parametrize(
    ("theirs", "own", "kept", "other"),
    [
        ({"status": "sent"}, {"status": "due"}, "theirs", None),
        ({"status": "due"}, {"status": "failed"}, "theirs", None),
        ({"status": "missed"}, {"status": "due"}, "own", None),
        ({"status": "due"}, {"status": "claimed"}, "own", None),
        ({"status": "sent"}, {"status": "sent"}, "own", "manual"),
        ({"status": "composed"}, {"status": "sent"}, "own", None),
    ],
    ids=lambda value: value["status"] if isinstance(value, dict) else value,
)
def test_a_day_has_one_daily_briefing(
    runtime: Runtime,
    there: str,
    here: str,
    theirs: dict[str, str],
    own: dict[str, str],
    kept: str,
    other: str | None,
) -> None:
    put(runtime, briefing(there, "theirs", **theirs), briefing(here, "own", **own))
    become_one(runtime, there, here)
    kinds = {row.id: row.kind for row in all_of(runtime, Briefing, Briefing.user_id == here)}
    lost = "own" if kept == "theirs" else "theirs"
    assert kinds == {kept: "daily"} | ({lost: other} if other else {})


def test_a_briefing_that_slack_may_have_is_not_dropped(runtime: Runtime, there: str, here: str) -> None:
    posted = datetime.now(UTC)
    put(
        runtime,
        briefing(there, "theirs", status="sending"),
        message(there, "posted", briefing_id="theirs", status="sending", attempted_at=posted),
        briefing(here, "own", status="sent"),
    )
    become_one(runtime, there, here)
    assert {row.id: row.kind for row in all_of(runtime, Briefing)} == {"theirs": "manual", "own": "daily"}
    assert all_of(runtime, OutboundMessage.user_id) == [here]


def test_no_second_daily_comes_on_the_day_of_the_joining(runtime: Runtime, there: str, here: str) -> None:
    """He had his in Slack at nine; he chose half past nine in the portal, before he was known there."""
    with transaction(runtime.sessions) as session:
        now = session.execute(select(func.now())).scalar_one()
        preferences.change(
            session, here, send_at=(now + timedelta(minutes=10)).time(), timezone="UTC", weekdays=range(1, 8)
        )
    day = (now + timedelta(minutes=10)).date()
    put(runtime, briefing(there, "theirs", status="sent", local_date=day))
    become_one(runtime, there, here)
    with transaction(runtime.sessions) as session:
        following = preferences.read(session, here).next_due_at
    assert following is not None
    assert following.date() == day + timedelta(days=1)


def test_what_had_come_due_and_was_not_begun_is_due_still(runtime: Runtime, there: str, here: str) -> None:
    due = datetime.now(UTC) - timedelta(minutes=1)
    with transaction(runtime.sessions) as session:
        theirs = update(BriefingSettings).where(BriefingSettings.user_id == there)
        session.execute(theirs.values(next_due_at=due, enabled=True))
        session.execute(
            update(BriefingSettings)
            .where(BriefingSettings.user_id == here)
            .values(
                send_at=time(0, 0),  # which has passed, whatever time it is
                next_due_at=due + timedelta(hours=23),
                weekdays=[1, 2, 3, 4, 5, 6, 7],
            )
        )
    become_one(runtime, there, here)
    assert all_of(runtime, BriefingSettings.next_due_at) == [due]


def test_whoever_chose_keeps_it_else_the_others_choice_holds(runtime: Runtime, there: str, here: str) -> None:
    with transaction(runtime.sessions) as session:
        preferences.change(
            session, there, send_at=time(7, 30), weekdays=(1, 2), vips=("a@x.example", "b@x.example")
        )
        preferences.change(session, here, send_at=time(10), muted=("a@x.example",), timezone="Europe/London")
    become_one(runtime, there, here)
    with transaction(runtime.sessions) as session:
        settled = preferences.read(session, here)
    assert (settled.send_at, settled.weekdays, settled.timezone) == (time(10), (1, 2), "Europe/London")
    assert (settled.vips, settled.muted) == (("a@x.example", "b@x.example"), ())


def test_a_pause_said_in_slack_holds(runtime: Runtime, there: str, here: str) -> None:
    until = datetime.now(UTC).date() + timedelta(days=3)
    with transaction(runtime.sessions) as session:
        preferences.change(session, there, paused_until=until)
    become_one(runtime, there, here)
    with transaction(runtime.sessions) as session:
        assert preferences.read(session, here).paused_until == until


def test_his_token_works_under_the_new_id(runtime: Runtime, sandbox: Sandbox, there: str, here: str) -> None:
    connect(runtime, sandbox, there, "emma")
    become_one(runtime, there, here)
    assert refresh.refresh_now(runtime, here, Actor(here)) == "healthy"
    with transaction(runtime.sessions) as session:
        lines = {row.user_id: row.status for row in session.scalars(select(TokenHealth))}
    assert lines == {here: "works"}


def break_token(runtime: Runtime, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        session.execute(
            update(GmailToken)
            .where(GmailToken.user_id == user_id)
            .values(status="reconnect_required", status_reason="revoked_or_expired")
        )
        book.open_alert(session, "token_broken", user_id, "revoked_or_expired")


@pytest.mark.parametrize(
    ("broken", "kept"),
    [((), "daniel"), (("here",), "emma"), (("there",), "daniel"), (("here", "there"), "daniel")],
)
def test_of_two_tokens_ones_own_is_kept_unless_only_the_other_works(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str, broken: tuple[str, ...], kept: str
) -> None:
    connect(runtime, sandbox, there, "emma")
    connect(runtime, sandbox, here, "daniel")
    for who in broken:
        break_token(runtime, {"here": here, "there": there}[who])
    revoked = sandbox.calls("oauth.revoke")
    link_id = become_one(runtime, there, here)
    (token,) = all_of(runtime, GmailToken)
    assert (token.user_id, token.details["email"]) == (here, sandbox.person(kept).google_email)
    assert len(all_of(runtime, Alert, Alert.resolved_at.is_(None))) == (len(broken) == 2)
    work(runtime)
    assert all_of(runtime, SlackLink.dropped_token, SlackLink.id == link_id) == [None]
    assert sandbox.calls("oauth.revoke") == revoked + 1
    if len(broken) < 2:
        assert refresh.refresh_now(runtime, here, Actor(here)) == "healthy"


def test_two_tokens_of_one_mailbox_end_as_one_that_works(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str
) -> None:
    """Google takes back everything an account has granted, so nothing is revoked here."""
    connect(runtime, sandbox, there, "emma")
    connect(runtime, sandbox, here, "emma")
    link_id = become_one(runtime, there, here)
    assert all_of(runtime, SlackLink.dropped_token, SlackLink.id == link_id) == [None]
    work(runtime)
    assert refresh.refresh_now(runtime, here, Actor(here)) == "healthy"


def test_a_token_left_over_is_stored_encrypted_until_it_is_revoked(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str
) -> None:
    connect(runtime, sandbox, there, "emma")
    connect(runtime, sandbox, here, "daniel")
    link_id = become_one(runtime, there, here)
    (sealed,) = all_of(runtime, SlackLink.dropped_token, SlackLink.id == link_id)
    assert sealed.startswith(runtime.box.current_prefix)
    revoke_dropped(runtime, link_id)
    revoke_dropped(runtime, link_id)
    assert all_of(runtime, SlackLink.dropped_token, SlackLink.id == link_id) == [None]


def test_what_waits_runs_at_once_where_the_connection_is_there(
    runtime: Runtime, sandbox: Sandbox, there: str, here: str
) -> None:
    connect(runtime, sandbox, here, "emma")
    put(runtime, waiting(there, "question", asked_at=datetime.now(UTC)))
    become_one(runtime, there, here)
    with transaction(runtime.sessions) as session:
        queued = session.execute(
            text("SELECT args ->> 'row_id' FROM procrastinate_jobs WHERE task_name = 'answer_waiting'")
        ).scalars()
        assert list(queued) == ["question"]


def test_joining_twice_is_joining_once(runtime: Runtime, there: str, here: str) -> None:
    link_id = become_one(runtime, there, here)
    join(runtime, link_id)
    assert len(all_of(runtime, AccessLog, AccessLog.action == "joined")) == 1


def test_nothing_of_somebody_else_moves(runtime: Runtime, sandbox: Sandbox, there: str, here: str) -> None:
    other = by_dm(runtime, sandbox, "jiwoo")
    put(runtime, *one_of_each(other))
    before = {column: len(all_of(runtime, column, column == other)) for column in (*OWNED, *DONE_BY)}
    link_of(runtime, there)
    become_one(runtime, there, here)
    assert {column: len(all_of(runtime, column, column == other)) for column in (*OWNED, *DONE_BY)} == before

"""What waits for a permission: kept once, ready when it is there, taken by one, given up after a day."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from services.assistant import pending
from services.db.engine import Sessions, transaction
from services.db.models import GmailToken, PendingRequest, User

GOOGLE = "https://www.googleapis.com/auth/"
MAIL, CALENDAR = f"{GOOGLE}gmail.readonly", f"{GOOGLE}calendar.readonly"
ASKED = pending.Asked(
    user_id="ann",
    text="내일 회의 있어?",
    asks="CalendarQuestion(tomorrow)",
    needs="calendar",
    channel="D1",
    ts="1795218600.000100",
    thread_ts=None,
    asked_at=datetime(2026, 11, 20, 23, 50, tzinfo=UTC),
)


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """A transaction in which Ann and Bob are known and nothing is connected."""
    with sessions() as opened:
        opened.add_all([User(id="ann"), User(id="bob")])
        opened.flush()
        yield opened


def connected(session: Session, *scopes: str, user_id: str = "ann", status: str = "healthy") -> None:
    session.add(GmailToken(user_id=user_id, token_data={}, scopes=list(scopes), status=status))
    session.flush()


def jobs(session: Session) -> list[str]:
    wanted = text("SELECT args->>'row_id' FROM procrastinate_jobs WHERE task_name = :task ORDER BY id")
    return list(session.scalars(wanted, {"task": pending.TASK}))


def take(session: Session, request_id: str) -> PendingRequest | None:
    return pending.claim(session, request_id, lease=timedelta(minutes=1))


def row(session: Session, request_id: str) -> PendingRequest:
    session.expire_all()
    return session.get_one(PendingRequest, request_id)


def test_of_the_same_thing_asked_twice_the_latest_waits(session: Session) -> None:
    first = pending.keep(session, ASKED)
    session.execute(text("UPDATE pending_requests SET expires_at = now() + interval '1 hour'"))
    again = dataclasses.replace(ASKED, text="내일 회의 있나요", thread_ts="17.1")
    assert pending.keep(session, again) == first
    kept = row(session, first)
    assert (kept.text, kept.thread_ts) == ("내일 회의 있나요", "17.1")
    assert kept.expires_at - kept.created_at == timedelta(hours=24)
    assert [one.id for one in pending.waiting_of(session, "ann")] == [first]


def test_other_things_and_other_peoples_wait_beside_it(session: Session) -> None:
    mine = pending.keep(session, ASKED)
    other = pending.keep(session, dataclasses.replace(ASKED, asks="MailSearch()", needs="mail"))
    pending.keep(session, dataclasses.replace(ASKED, user_id="bob"))
    assert {one.id for one in pending.waiting_of(session, "ann")} == {mine, other}


@pytest.mark.parametrize(
    ("needs", "scopes", "status", "ready"),
    [
        ("calendar", (MAIL, CALENDAR), "healthy", True),
        ("calendar", (f"{GOOGLE}calendar.events",), "healthy", True),
        ("calendar", (MAIL,), "healthy", False),
        ("calendar", (), "healthy", False),
        ("mail", (MAIL,), "healthy", True),
        ("mail", (MAIL,), "refresh_due", True),
        ("mail", (MAIL,), "expiring_soon", True),
        ("mail", (MAIL,), "failing", True),
        ("mail", ("https://mail.google.com/",), "healthy", True),
        ("mail", (f"{GOOGLE}gmail.modify",), "healthy", True),
        ("mail", (f"{GOOGLE}gmail.send",), "healthy", False),
        ("mail", (CALENDAR,), "healthy", False),
        ("mail", (MAIL,), "reconnect_required", False),
        ("mail", (MAIL,), "not_connected", False),
    ],
)
def test_it_is_ready_when_the_permission_is_there(
    session: Session, needs: str, scopes: tuple[str, ...], status: str, ready: bool
) -> None:
    request_id = pending.keep(session, dataclasses.replace(ASKED, needs=needs))
    assert take(session, request_id) is None
    connected(session, *scopes, status=status)
    assert pending.call_up(session, "ann") == int(ready)
    assert jobs(session) == ([request_id] if ready else [])
    assert (take(session, request_id) is not None) is ready


def test_anothers_connection_does_not_make_it_ready(session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    connected(session, CALENDAR, user_id="bob")
    assert take(session, request_id) is None


def test_a_job_is_there_only_with_the_permission(sessions: Sessions, session: Session) -> None:
    pending.keep(session, ASKED)
    session.commit()
    connected(session, CALENDAR)
    pending.call_up(session, "ann")
    session.rollback()
    with transaction(sessions) as after:
        assert jobs(after) == []
        assert after.scalar(select(GmailToken.id)) is None


def test_of_many_who_take_it_at_once_one_has_it(sessions: Sessions, session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    connected(session, CALENDAR)
    session.commit()
    taken, start = [], threading.Barrier(8)

    def race() -> None:
        start.wait(10)
        with transaction(sessions) as own:
            taken.append(take(own, request_id))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in taken if one is not None]) == 1


def test_what_a_dead_worker_held_is_taken_up_and_the_dead_may_end_nothing(session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    connected(session, CALENDAR)
    dead = take(session, request_id)
    assert dead is not None
    session.expunge(dead)
    assert take(session, request_id) is None
    session.execute(text("UPDATE pending_requests SET lease_until = now() - interval '1 second'"))
    heir = take(session, request_id)
    assert heir is not None
    assert not pending.finish(session, dead, "done")
    assert pending.finish(session, heir, "done")
    assert not pending.finish(session, heir, "failed")
    assert row(session, request_id).status == "done"


def test_it_may_be_put_back_for_the_permission_or_for_a_while(session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    connected(session, CALENDAR)
    taken = take(session, request_id)
    assert taken is not None
    pending.put_back(session, taken, after=timedelta(minutes=1))
    assert (row(session, request_id).status, row(session, request_id).attempts) == ("waiting", 1)
    assert take(session, request_id) is None
    session.execute(text("UPDATE pending_requests SET retry_at = now()"))
    taken = take(session, request_id)
    assert taken is not None
    pending.put_back(session, taken)
    assert (row(session, request_id).status, row(session, request_id).attempts) == ("waiting", 0)


def test_put_back_it_gives_way_to_the_same_asked_meanwhile(session: Session) -> None:
    older = pending.keep(session, ASKED)
    connected(session, CALENDAR)
    taken = take(session, older)
    assert taken is not None
    newer = pending.keep(session, ASKED)
    assert newer != older
    pending.put_back(session, taken)
    assert row(session, older).status == "withdrawn"
    assert row(session, newer).status == "waiting"


def test_only_its_owner_withdraws_it_and_only_while_it_waits(session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    assert not pending.withdraw(session, "bob", request_id)
    assert not pending.withdraw(session, "ann", "no-such-request")
    assert pending.withdraw(session, "ann", request_id)
    assert not pending.withdraw(session, "ann", request_id)
    connected(session, CALENDAR)
    assert take(session, request_id) is None


def test_after_a_day_it_is_given_up_once(session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    fresh = pending.keep(session, dataclasses.replace(ASKED, asks="MailSearch()"))
    overdue = text("UPDATE pending_requests SET expires_at = now() WHERE id = :id")
    session.execute(overdue, {"id": request_id})
    connected(session, CALENDAR)
    assert take(session, request_id) is None
    given_up = pending.overdue(session, limit=10)
    assert [one.id for one in given_up] == [request_id]
    pending.expire(session, given_up)
    assert not pending.overdue(session, limit=10)
    assert row(session, request_id).status == "expired"
    assert row(session, fresh).status == "waiting"


def test_what_is_being_answered_does_not_expire_under_the_worker(session: Session) -> None:
    request_id = pending.keep(session, ASKED)
    connected(session, CALENDAR)
    taken = take(session, request_id)
    assert taken is not None
    session.execute(text("UPDATE pending_requests SET expires_at = now() - interval '1 hour'"))
    assert not pending.overdue(session, limit=10)
    assert pending.finish(session, taken, "done")


def test_with_its_owner_it_is_gone(session: Session) -> None:
    pending.keep(session, ASKED)
    session.execute(text("DELETE FROM users WHERE id = 'ann'"))
    session.expire_all()
    assert session.scalars(select(PendingRequest)).all() == []

"""Deliveries: what became of each briefing, its steps, trying again, and that nobody's words are read."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, select, update

from sandbox.slack.state import Message
from services import jobs, previews, runs
from services.access import Actor
from services.briefing.lateness import LATE
from services.db.engine import transaction
from services.db.models import (
    AccessLog,
    Briefing,
    BriefingEvent,
    BriefingSettings,
    OutboundMessage,
    Run,
    User,
)
from services.db.models.briefings import OUTCOMES, STEPS
from services.delivery import days, overview, own, retrying, sender
from services.delivery.overview import Filter, Line
from services.errors import Forbidden
from services.people.slack_link import without_proofs
from services.runtime import Runtime
from tests.integration.briefing_rows import put_briefing, team_date
from tests.integration.journeys import Sandbox, arrive

SECOND = timedelta(seconds=1)
MONDAY = date(2026, 1, 5)
WAYS = [
    ({"status": "sent"}, "on_time"),
    ({"status": "sent", "late": LATE}, "on_time"),
    ({"status": "sent", "late": LATE + SECOND}, "late"),
    ({"status": "sent", "completeness": "partial"}, "partial"),
    ({"status": "sent", "completeness": "partial", "late": 2 * LATE}, "partial"),
    ({"status": "failed", "completeness": "partial"}, "failed"),
    ({"status": "missed"}, "missed"),
    ({"status": "skipped"}, "skipped"),
    *(({"status": status}, "open") for status in previews.UNDER_WAY),
]


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("emma"))


@pytest.fixture
def admin(runtime: Runtime, sandbox: Sandbox) -> Actor:
    user_id = arrive(runtime, sandbox.person("sujin"))
    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == user_id).values(role="admin"))
    return Actor(user_id, is_admin=True)


def listed(runtime: Runtime, admin: Actor, asked: Filter = Filter(), page: int = 1) -> list[Line]:  # noqa: B008
    with transaction(runtime.sessions) as session:
        return list(overview.deliveries(session, admin, asked, page).rows)


def steps(runtime: Runtime, admin: Actor, briefing_id: str) -> list[tuple[str, str | None]]:
    with transaction(runtime.sessions) as session:
        told = overview.story(session, admin, briefing_id)
    assert told is not None
    assert [step.at for step in told.steps] == sorted(step.at for step in told.steps)
    return [(step.step, step.error) for step in told.steps]


def retry(runtime: Runtime, admin: Actor, which: str | Filter) -> int:
    with transaction(runtime.sessions) as session:
        return retrying.retry(session, runtime.settings, admin, which)


def start(runtime: Runtime, user_id: str) -> Run:
    """By name: whatever weekday it is."""
    now = datetime.now(UTC)
    with transaction(runtime.sessions) as session:
        return runs.start_run(session, runtime.settings, requested_by="system:api", user_id=user_id, now=now)


def said(message: Message) -> list[dict[str, Any]]:
    """A DM's blocks but for the names that Slack gives them."""
    return [{name: value for name, value in block.items() if name != "block_id"} for block in message.blocks]


def work(runtime: Runtime) -> None:
    asyncio.run(jobs.run_worker(runtime, wait=False))


def only(runtime: Runtime) -> Briefing:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(Briefing)).one()


@pytest.mark.parametrize(("way", "outcome"), WAYS)
def test_what_became_of_it_is_one_word(
    runtime: Runtime, admin: Actor, emma: str, way: dict[str, Any], outcome: str
) -> None:
    put_briefing(runtime, emma, MONDAY, **way)
    assert [line.outcome for line in listed(runtime, admin)] == [outcome]
    assert outcome in OUTCOMES


def test_the_calendar_counts_daily_briefings_by_their_own_date(
    runtime: Runtime, admin: Actor, emma: str
) -> None:
    day = timedelta(days=1)
    put_briefing(runtime, emma, MONDAY)
    put_briefing(runtime, admin.user_id, MONDAY, "failed")
    put_briefing(runtime, emma, MONDAY, kind="manual")
    put_briefing(runtime, emma, MONDAY, kind="completion")
    put_briefing(runtime, emma, MONDAY + day, late=timedelta(hours=1))
    for outside in (MONDAY - day, MONDAY + 2 * day):
        put_briefing(runtime, emma, outside)
    with transaction(runtime.sessions) as session:
        found = days.calendar(session, admin, first=MONDAY, until=MONDAY + day)
    assert [(one.day, {name: n for name, n in one.counts.items() if n}) for one in found] == [
        (MONDAY, {"on_time": 1, "failed": 1}),
        (MONDAY + day, {"late": 1}),
    ]


def test_today_is_who_has_theirs_who_waits_and_who_is_to_come(
    runtime: Runtime, admin: Actor, emma: str
) -> None:
    today = team_date(runtime)
    put_briefing(runtime, emma, today)
    put_briefing(runtime, admin.user_id, today - timedelta(days=1), "failed")
    soon = datetime.now(UTC) - SECOND
    with transaction(runtime.sessions) as session:
        session.execute(update(BriefingSettings).values(next_due_at=soon + timedelta(days=3)))
        mine = BriefingSettings.user_id == admin.user_id
        session.execute(update(BriefingSettings).where(mine).values(next_due_at=soon))
    with transaction(runtime.sessions) as session:
        going = days.today(session, runtime.settings, admin)
    assert (going.day.day, going.day.total, going.ended, going.to_come) == (today, 1, 1, 1)
    assert going.next_at == soon


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_whoever_has_another_date_than_the_team_is_of_today_from_first_to_last(
    runtime: Runtime, admin: Actor, emma: str, zone: str
) -> None:
    """Noon in Seoul is on another date in one of these zones at least: it is due today all the same."""
    noon = datetime.combine(team_date(runtime), time(12), ZoneInfo("Asia/Seoul"))
    date_there = noon.astimezone(ZoneInfo(zone)).date()

    def numbers() -> tuple[int, int, int]:
        with transaction(runtime.sessions) as session:
            going = days.today(session, runtime.settings, admin)
        return going.to_come, going.under_way, going.ended

    with transaction(runtime.sessions) as session:
        session.execute(update(User).where(User.id == emma).values(timezone=zone))
        session.execute(update(BriefingSettings).values(next_due_at=noon + timedelta(days=3)))
        session.execute(
            update(BriefingSettings).where(BriefingSettings.user_id == emma).values(next_due_at=noon)
        )
    assert numbers() == (1, 0, 0)
    with transaction(runtime.sessions) as session:
        session.execute(update(BriefingSettings).values(next_due_at=noon + timedelta(days=1)))
    put_briefing(runtime, emma, date_there, "sending", due_at=noon)
    assert numbers() == (0, 1, 0)
    with transaction(runtime.sessions) as session:
        session.execute(update(Briefing).values(status="sent", completeness="complete", sent_at=noon))
    assert numbers() == (0, 0, 1)


def test_the_list_is_narrowed_and_has_pages(runtime: Runtime, admin: Actor, emma: str) -> None:
    for n in range(60):
        put_briefing(runtime, emma, MONDAY + timedelta(days=n), "failed" if n == 7 else "sent")
    put_briefing(runtime, admin.user_id, MONDAY)
    newest = listed(runtime, admin)
    assert (len(newest), newest[0].local_date) == (50, MONDAY + timedelta(days=59))
    assert len(listed(runtime, admin, page=2)) == 11
    assert [line.local_date.day for line in listed(runtime, admin, Filter(outcome="failed"))] == [12]
    assert len(listed(runtime, admin, Filter(since=MONDAY, until=MONDAY))) == 2
    assert {line.user_id for line in listed(runtime, admin, Filter(text="EMMA"))} == {emma}
    assert [line.user_id for line in listed(runtime, admin, Filter(text=admin.user_id))] == [admin.user_id]
    for nothing in (
        Filter(text="nobody\0"),
        Filter(outcome="x\0"),
        Filter(kind="completion"),
        Filter(text="%"),
    ):
        assert listed(runtime, admin, nothing) == []


def test_of_a_day_those_in_trouble_come_first(runtime: Runtime, admin: Actor, emma: str) -> None:
    for n, status in enumerate(("skipped", "sent", "missed", "sending", "failed")):
        put_briefing(runtime, emma, MONDAY, status, kind="manual", due_at=datetime(2026, 1, 5, n, tzinfo=UTC))
    put_briefing(runtime, emma, MONDAY + timedelta(days=1))
    outcomes = [line.outcome for line in listed(runtime, admin)]
    assert outcomes == ["on_time", "failed", "missed", "late", "open", "skipped"]


def test_a_way_without_trouble_is_told_step_by_step(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, emma: str
) -> None:
    start(runtime, emma)
    work(runtime)
    (line,) = (one for one in listed(runtime, admin) if one.user_id == emma)
    told = [step for step, _ in steps(runtime, admin, line.id)]
    assert told == ["due", "claimed", "composed", "sending", "posted", "sent"]
    assert set(told) <= set(STEPS)


def test_a_way_with_trouble_says_each_try_and_why(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, emma: str
) -> None:
    sandbox.fault(op="chat.postMessage", body={"ok": False, "error": "account_inactive"}, times=1)
    start(runtime, emma)
    work(runtime)
    briefing = only(runtime)
    assert steps(runtime, admin, briefing.id)[4:] == [("posted", None), ("put_off", "account_inactive")]
    sandbox.fault(op="chat.postMessage", body={"ok": False, "error": "msg_too_long"}, times=1)
    with transaction(runtime.sessions) as session:
        past = datetime.now(UTC) - SECOND
        message_id = session.scalars(
            update(OutboundMessage).values(retry_at=past).returning(OutboundMessage.id)
        ).one()
    sender.send(runtime, message_id)
    assert steps(runtime, admin, briefing.id)[6:] == [("posted", None), ("failed", "msg_too_long")]


def test_what_slack_refused_is_retried_with_the_same_words(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, emma: str
) -> None:
    sandbox.fault(op="chat.postMessage", body={"ok": False, "error": "msg_too_long"}, times=1)
    start(runtime, emma)
    work(runtime)
    failed = only(runtime)
    assert failed.status == "failed"
    assert listed(runtime, admin)[0].retryable
    assert retry(runtime, admin, failed.id) == 1
    assert retry(runtime, admin, failed.id) == 0
    work(runtime)
    assert only(runtime).status == "sent"
    assert only(runtime).content == failed.content
    assert len(sandbox.dms("emma")) == 1
    with transaction(runtime.sessions) as session:
        (noted,) = session.scalars(select(AccessLog).where(AccessLog.action == "retry_briefing"))
    assert (noted.actor, noted.subject_user_id, noted.detail) == (
        admin.user_id,
        emma,
        {"briefing": failed.id},
    )


def test_clicks_at_once_retry_once(runtime: Runtime, sandbox: Sandbox, admin: Actor, emma: str) -> None:
    today = team_date(runtime)
    due = datetime.now(UTC) - timedelta(hours=1)
    put_briefing(runtime, emma, today, "failed", error="internal", due_at=due)
    put_briefing(runtime, admin.user_id, today, "missed", error="too_late", due_at=due)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: retry(runtime, admin, Filter()), range(4)))
    assert sum(counts) == 2
    work(runtime)
    assert [len(sandbox.dms(key)) for key in ("emma", "sujin")] == [1, 1]


def test_only_what_makes_sense_is_retried(runtime: Runtime, admin: Actor, emma: str) -> None:
    today, day = team_date(runtime), timedelta(days=1)
    put_briefing(runtime, emma, today, "sent")
    yesterdays = put_briefing(runtime, emma, today - day, "missed", error="superseded")
    old = put_briefing(runtime, admin.user_id, today - 5 * day, "failed")
    assert not any(line.retryable for line in listed(runtime, admin))
    assert [retry(runtime, admin, which) for which in (Filter(), yesterdays, old, "nothing")] == [0] * 4
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(Run)).all() == []
        assert retrying.retryable(session, admin, Filter()) == 0


def test_who_is_no_admin_any_longer_retries_nothing(runtime: Runtime, admin: Actor, emma: str) -> None:
    failed = put_briefing(runtime, emma, team_date(runtime), "failed")
    with transaction(runtime.sessions) as session:
        session.execute(update(User).values(role="member"))
    with pytest.raises(Forbidden):
        retry(runtime, admin, failed)


def test_nothing_that_a_briefing_says_is_even_read_for_admins(
    runtime: Runtime, admin: Actor, emma: str
) -> None:
    today = team_date(runtime)
    words: dict[str, Any] = {"content": {"text": "canary", "blocks": []}, "message_ids": ["canary"]}
    failed = put_briefing(runtime, emma, today, "failed", **words)
    asked: list[str] = []
    event.listen(runtime.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with transaction(runtime.sessions) as session:
        told = [
            days.today(session, runtime.settings, admin),
            days.calendar(session, admin, first=today, until=today),
            overview.deliveries(session, admin, Filter(text="emma", outcome="failed", since=today)),
            overview.story(session, admin, failed),
            retrying.retryable(session, admin, Filter()),
        ]
    assert len(asked) >= len(told)
    assert "canary" not in repr(told)
    for statement in asked:
        assert "content" not in statement
        assert "message_ids" not in statement


def test_ones_own_are_there_as_they_were_sent_and_nobody_elses(
    runtime: Runtime, sandbox: Sandbox, admin: Actor, emma: str
) -> None:
    start(runtime, emma)
    work(runtime)
    me = Actor(emma)
    with transaction(runtime.sessions) as session:
        (mine,) = own.own_briefings(session, me, emma).rows
        content = own.content_of(session, me, emma, mine.id)
        assert content is not None
        assert own.content_of(session, admin, admin.user_id, mine.id) is None
        assert own.content_of(session, me, emma, "nothing") is None
    (dm,) = sandbox.dms("emma")
    assert (content["text"], mine.outcome) == (dm.text, "partial")


def test_sending_again_is_the_same_once_however_often_it_is_clicked(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    start(runtime, emma)
    work(runtime)
    first = only(runtime)

    def click(_: int) -> str | None:
        with transaction(runtime.sessions) as session:
            return previews.send_again(session, emma, first.id)

    with ThreadPoolExecutor(4) as pool:
        made = set(pool.map(click, range(4)))
    work(runtime)
    assert made == {click(0)}
    work(runtime)
    one, other = sandbox.dms("emma")
    # But for the proof in a button, which each has its own of.
    assert one.text == other.text
    assert without_proofs({"blocks": said(one)}) == without_proofs({"blocks": said(other)})
    with transaction(runtime.sessions) as session:
        copy = session.scalars(select(Briefing).where(Briefing.copy_of == first.id)).one()
        settings = session.get_one(BriefingSettings, emma)
    assert (copy.kind, copy.status, copy.completeness) == ("manual", "sent", first.completeness)
    assert settings.covered_until == first.cursor


def test_what_is_not_ones_own_or_was_not_sent_or_kept_is_not_sent_again(
    runtime: Runtime, admin: Actor, emma: str
) -> None:
    words: dict[str, Any] = {"content": {"text": "x", "blocks": []}}
    others = put_briefing(runtime, admin.user_id, MONDAY, **words)
    failed = put_briefing(runtime, emma, MONDAY, "failed", **words)
    emptied = put_briefing(runtime, emma, MONDAY - timedelta(days=1))
    with transaction(runtime.sessions) as session:
        for which in (others, failed, emptied, "nothing"):
            assert previews.send_again(session, emma, which) is None


def test_with_a_person_their_steps_go(runtime: Runtime, emma: str) -> None:
    put_briefing(runtime, emma, MONDAY)
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(BriefingEvent.step)).all() == ["sent"]
        session.delete(session.get_one(User, emma))
        session.flush()
        assert session.scalars(select(BriefingEvent.step)).all() == []

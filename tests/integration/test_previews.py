"""Previews and sending at once: what is shown is what is sent, whoever clicks however often."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text

from services import daily, jobs, previews
from services.connect import first_fetch, timeline
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, Preview, User
from services.people import UnknownPerson
from services.previews import Delivery, PreviewState
from services.runtime import Runtime
from tests.integration.journeys import CALENDAR, Sandbox, arrive, connect


def join(runtime: Runtime, sandbox: Sandbox, key: str = "seoyeon", scopes: tuple[str, ...] = ()) -> str:
    user_id = arrive(runtime, sandbox.person(key))
    attempt = connect(runtime, sandbox, user_id, key, scopes=scopes)
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
    assert attempt.status == "authorized"
    return user_id


def ask(runtime: Runtime, user_id: str) -> str:
    with transaction(runtime.sessions) as session:
        return previews.request(session, user_id)


def state(runtime: Runtime, user_id: str, preview_id: str) -> PreviewState:
    with transaction(runtime.sessions) as session:
        found = previews.read(session, user_id, preview_id)
    assert found is not None
    return found


def work(runtime: Runtime) -> None:
    asyncio.run(jobs.run_worker(runtime, wait=False))


def make(runtime: Runtime, user_id: str) -> PreviewState:
    preview_id = ask(runtime, user_id)
    work(runtime)
    return state(runtime, user_id, preview_id)


def send(runtime: Runtime, user_id: str) -> str:
    with transaction(runtime.sessions) as session:
        return previews.send_now(session, user_id)


def delivery(runtime: Runtime, user_id: str, briefing_id: str) -> Delivery | None:
    with transaction(runtime.sessions) as session:
        return previews.delivery_of(session, user_id, briefing_id)


def test_a_preview_is_what_is_sent(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, scopes=(CALENDAR,))
    shown = make(runtime, user_id)
    assert (shown.status, shown.step, shown.missing, shown.error) == ("done", "done", [], None)
    assert sandbox.dms("seoyeon") == []
    briefing_id = send(runtime, user_id)
    work(runtime)
    found = delivery(runtime, user_id, briefing_id)
    assert found is not None
    assert (found.status, found.error, found.finished) == ("sent", None, True)
    (dm,) = sandbox.dms("seoyeon")
    assert shown.content is not None
    assert _mails(shown.content["blocks"]) == _mails(dm.blocks) != []


def _mails(blocks: object) -> list[str]:
    return [part.split('"')[0] for part in json.dumps(blocks).split("#all/")[1:]]


def test_a_preview_moves_nothing(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    make(runtime, user_id)
    with transaction(runtime.sessions) as session:
        assert session.get_one(BriefingSettings, user_id).covered_until is None
        assert session.execute(select(func.count()).select_from(Briefing)).scalar_one() == 0


def test_steps_are_told_in_order(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox, scopes=(CALENDAR,))
    steps: list[str] = []
    with transaction(runtime.sessions) as session:
        now = session.execute(select(func.now())).scalar_one()
        session.get_one(BriefingSettings, user_id).feeds = [f"{sandbox.world.base_url}/news/seoul.xml"]
    daily.compose(runtime, user_id, daily.Occasion("manual"), now=now, progress=steps.append)
    assert steps == ["token", "mail", "calendar", "news", "compose"]


def test_a_preview_costs_two_round_trips_and_a_refresh_where_one_is_due(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id = join(runtime, sandbox)
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET expiry = now()"))
    sandbox.control("/requests", method="DELETE")
    make(runtime, user_id)
    requests = sandbox.control("/requests", method="GET")["requests"]
    paths = [r["path"] for r in requests if not r["inner"]]
    assert (paths.count("/batch"), sum(path.endswith("/token") for path in paths), len(paths)) == (2, 1, 3)


def test_who_is_not_connected_sees_what_is_missing(runtime: Runtime, sandbox: Sandbox) -> None:
    shown = make(runtime, arrive(runtime, sandbox.person("seoyeon")))
    assert shown.status == "done"
    assert {"source": "mail", "reason": "not_connected"} in shown.missing


def test_a_provider_in_trouble_is_named(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    sandbox.fault(path="/batch", status=503)
    shown = make(runtime, user_id)
    assert shown.status == "done"
    assert [missing["source"] for missing in shown.missing] == ["mail"]


def test_anothers_preview_and_delivery_are_not_there(runtime: Runtime, sandbox: Sandbox) -> None:
    mine, other = join(runtime, sandbox), arrive(runtime, sandbox.person("minjun"))
    preview_id, briefing_id = ask(runtime, mine), send(runtime, mine)
    with transaction(runtime.sessions) as session:
        assert previews.read(session, other, preview_id) is None
        assert previews.latest(session, other) is None
        assert previews.delivery_of(session, other, briefing_id) is None
        latest = previews.latest(session, mine)
    assert latest is not None
    assert latest.id == preview_id


def test_clicks_at_once_make_one_preview_and_one_message(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    with ThreadPoolExecutor(4) as pool:
        asked = set(pool.map(lambda _: ask(runtime, user_id), range(4)))
        sent = set(pool.map(lambda _: send(runtime, user_id), range(4)))
    assert (len(asked), len(sent)) == (1, 1)
    work(runtime)
    assert len(sandbox.dms("seoyeon")) == 1
    assert send(runtime, user_id) not in sent  # a later click is meant


def test_nobody_has_no_preview(runtime: Runtime) -> None:
    with pytest.raises(UnknownPerson):
        ask(runtime, "nobody")


def test_two_workers_compose_once(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    preview_id = ask(runtime, user_id)
    with transaction(runtime.sessions) as session:
        now = session.execute(select(func.now())).scalar_one()
    sandbox.control("/requests", method="DELETE")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: previews.run(runtime, preview_id, now=now), range(2)))
    paths = [r["path"] for r in sandbox.control("/requests", method="GET")["requests"] if not r["inner"]]
    assert paths.count("/batch") == 2
    assert state(runtime, user_id, preview_id).status == "done"


def test_a_preview_left_by_a_dead_worker_is_made_again(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    preview_id = ask(runtime, user_id)
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(text("ALTER TABLE previews DISABLE TRIGGER USER"))
        session.execute(
            text("UPDATE previews SET status = 'running', updated_at = now() - interval '3 minutes'")
        )
        session.execute(text("ALTER TABLE previews ENABLE TRIGGER USER"))
    with transaction(runtime.sessions) as session:
        assert jobs.sweep(session) == 1
    work(runtime)
    assert state(runtime, user_id, preview_id).status == "done"


def test_previews_that_nobody_waits_for_are_given_up(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    old = {"stale": "11 minutes", "fresh": "1 minute"}
    with transaction(runtime.sessions) as session:
        for name, age in old.items():
            session.add(Preview(id=name, user_id=user_id))
            session.flush()
            session.execute(
                text(f"UPDATE previews SET created_at = now() - interval '{age}' WHERE id = :id"),
                {"id": name},
            )
    with transaction(runtime.sessions) as session:
        previews.give_up_late(session)
        left = dict(session.execute(select(Preview.id, Preview.status)).all())
    assert left == {"stale": "failed", "fresh": "queued"}


def test_a_message_slack_refuses_says_why(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = join(runtime, sandbox)
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, user_id)
        user.slack_user_id = user.slack_channel = None
    briefing_id = send(runtime, user_id)
    work(runtime)
    found = delivery(runtime, user_id, briefing_id)
    assert found is not None
    assert (found.status, found.error) == ("failed", "not_on_slack")


@pytest.mark.parametrize(("broken", "line"), [(False, "first_fetch_done"), (True, "first_fetch_failed")])
def test_after_connecting_the_mailbox_is_looked_into(
    runtime: Runtime, sandbox: Sandbox, broken: bool, line: str
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    attempt = connect(runtime, sandbox, user_id, "seoyeon")
    if broken:
        sandbox.fault(path="/batch", status=503)
    work(runtime)
    with transaction(runtime.sessions) as session:
        latest = timeline.latest(session, user_id)
        lines = timeline.timeline(session, attempt.id, user_id)
        assert timeline.timeline(session, attempt.id, "somebody else") == ()
        assert timeline.read(session, attempt.id, "somebody else") is None
    assert latest is not None
    assert (latest.status, latest.finished) == ("completed", True)
    assert latest.progress == {"started", "consent_requested", "authorized", "fetching", "completed"}
    assert [entry.message for entry in lines[-3:]] == ["fetching", line, "completed"]
    assert lines[-2].level == ("error" if broken else "info")


def test_two_workers_look_once(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))
    attempt = connect(runtime, sandbox, user_id, "seoyeon")
    now = attempt.created_at
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: first_fetch.run(runtime, attempt.id, now=now), range(2)))
    with transaction(runtime.sessions) as session:
        messages = [entry.message for entry in timeline.timeline(session, attempt.id, user_id)]
    assert messages.count("first_fetch_done") == messages.count("completed") == 1

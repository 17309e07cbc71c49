"""Who is told that something is wrong, once, and that it is over: the person, the admins, the webhook."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

import scheduler
from services import jobs
from services.access import Actor
from services.alerts import digest, slack_bot, warnings, webhook
from services.connect.disconnect import disconnect
from services.db.engine import transaction
from services.db.models import Alert, OutboundMessage, User, WebhookPost
from services.errors import NotConnected
from services.runtime import Runtime
from services.tokens import refresh
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.webhook_receiver import Receiver, execute
from tests.integration.webhook_receiver import alarmed as alarmed
from tests.integration.webhook_receiver import receiver as receiver


def due_in(runtime: Runtime, user_id: str, minutes: float) -> None:
    """Let somebody's next briefing come in so many minutes; nobody else's comes soon."""
    execute(runtime, "UPDATE briefing_settings SET next_due_at = now() + interval '2 days'")
    execute(
        runtime,
        "UPDATE briefing_settings SET next_due_at = now() + make_interval(secs => :s) WHERE user_id = :u",
        s=minutes * 60,
        u=user_id,
    )


def tick(runtime: Runtime) -> dict[str, int]:
    """A minute of the sidecar, worked off."""
    counts = scheduler.tick(runtime)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    return counts


def break_grant(runtime: Runtime, sandbox: Sandbox, user_id: str, key: str) -> None:
    """The person takes the access back at Google, and it is noticed."""
    sandbox.control(f"/people/{key}/revoke")
    with pytest.raises(NotConnected):
        refresh.prove(runtime, user_id)


def alerts(runtime: Runtime) -> list[tuple[str, str, bool, bool]]:
    """Kind, reason, told, over."""
    with transaction(runtime.sessions) as session:
        rows = session.scalars(select(Alert).order_by(Alert.opened_at)).all()
        return [(a.kind, a.reason, a.notified_at is not None, a.resolved_at is not None) for a in rows]


def messages(runtime: Runtime, kind: str) -> list[OutboundMessage]:
    with transaction(runtime.sessions) as session:
        return list(session.scalars(select(OutboundMessage).where(OutboundMessage.kind == kind)))


@pytest.fixture
def emma(runtime: Runtime, sandbox: Sandbox) -> str:
    user_id = arrive(runtime, sandbox.person("emma"))
    connect(runtime, sandbox, user_id, "emma")
    due_in(runtime, user_id, 50)
    return user_id


def test_a_broken_token_is_told_of_once_an_hour_before_the_briefing(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    assert tick(runtime)["warned"] == 1
    for _ in range(3):
        assert "warned" not in tick(runtime)
    [dm] = sandbox.dms("emma")
    assert "Gmail must be connected again" in dm.text
    assert "no longer accepts" in dm.text
    shown = json.dumps(dm.blocks)
    assert f'"url": "{runtime.settings.portal_url}/connect?slack=' in shown
    assert "Reconnect Gmail" in shown
    assert alerts(runtime) == [("token_broken", "revoked_or_expired", True, False)]


def test_koreans_are_warned_in_korean(runtime: Runtime, sandbox: Sandbox) -> None:
    user_id = arrive(runtime, sandbox.person("jiwoo"))
    connect(runtime, sandbox, user_id, "jiwoo")
    due_in(runtime, user_id, 50)
    break_grant(runtime, sandbox, user_id, "jiwoo")
    tick(runtime)
    [dm] = sandbox.dms("jiwoo")
    assert "Gmail을 다시 연결해" in dm.text
    assert "다시 연결해 주세요. 1분이면 됩니다." in dm.text


def test_after_it_was_mended_and_broke_again_it_is_told_again(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    tick(runtime)
    connect(runtime, sandbox, emma, "emma")
    assert alerts(runtime)[0][3]
    tick(runtime)
    assert len(sandbox.dms("emma")) == 1
    break_grant(runtime, sandbox, emma, "emma")
    tick(runtime)
    assert len(sandbox.dms("emma")) == 2
    assert [over for *_, over in alerts(runtime)] == [True, False]


@pytest.mark.parametrize(
    "spared",
    [
        "UPDATE briefing_settings SET next_due_at = now() + interval '65 minutes'",
        "UPDATE briefing_settings SET enabled = false",
        "UPDATE briefing_settings SET sections = ARRAY['news']",
        "UPDATE users SET active = false",
    ],
)
def test_who_would_not_miss_it_is_left_alone(
    runtime: Runtime, sandbox: Sandbox, emma: str, spared: str
) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    execute(runtime, spared)
    assert "warned" not in tick(runtime)
    assert sandbox.dms("emma") == []


def test_who_has_a_working_connection_is_left_alone(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    assert "warned" not in tick(runtime)
    assert alerts(runtime) == []


def test_a_scope_that_is_required_by_now_is_told_of_too(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    more = (*runtime.settings.required_scopes, "https://www.googleapis.com/auth/gmail.send")
    stricter = dataclasses.replace(
        runtime, settings=runtime.settings.model_copy(update={"required_scopes": more})
    )
    tick(stricter)
    [dm] = sandbox.dms("emma")
    assert "was not granted: gmail.send" in dm.text
    tick(runtime)  # required no longer
    assert alerts(runtime) == [("token_broken", "missing_scope", True, True)]


def test_an_end_that_is_near_is_told_of_before_it_comes(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    sandbox.control("/clients", {"testing": True})
    connect(runtime, sandbox, emma, "emma")
    tick(runtime)
    assert sandbox.dms("emma") == []
    execute(
        runtime,
        "UPDATE gmail_tokens SET refresh_token_expires_at = now() + interval '2 days',"
        " connected_at = now() - interval '5 days'",
    )
    tick(runtime)
    tick(runtime)
    [dm] = sandbox.dms("emma")
    assert "The connection to Gmail ends" in dm.text
    assert "after seven days" in dm.text
    connect(runtime, sandbox, emma, "emma")
    assert alerts(runtime) == [("token_ending", "", True, True)]


def test_a_warning_that_waits_is_taken_back_when_it_is_mended(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    scheduler.tick(runtime)  # nobody works it off yet
    connect(runtime, sandbox, emma, "emma")
    tick(runtime)
    assert sandbox.dms("emma") == []
    assert [(m.status, m.error) for m in messages(runtime, "warning")] == [("failed", "resolved")]


def test_disconnecting_ends_the_alert(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    tick(runtime)
    disconnect(runtime, emma, Actor(emma))
    assert alerts(runtime) == [("token_broken", "revoked_or_expired", True, True)]


def test_two_sidecars_write_once(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    threads = [threading.Thread(target=scheduler.tick, args=(runtime,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tick(runtime)
    assert len(sandbox.dms("emma")) == 1


def test_what_breaks_while_nobody_watches_is_found_and_told_before_the_briefing(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    """The keep-alive run notices it, and the next minute the person is written to."""
    execute(
        runtime, "UPDATE gmail_tokens SET last_used_at = now() - interval '20 hours', connected_at = NULL"
    )
    sandbox.control("/people/emma/revoke")
    assert tick(runtime)["kept_alive"] == 1
    tick(runtime)
    assert len(sandbox.dms("emma")) == 1


MORNING = datetime(2026, 11, 23, 8, 40)


def morning(runtime: Runtime, zone_hours: int = 9) -> datetime:
    """20 minutes before the team's briefings, in a zone so many hours east."""
    return MORNING.replace(tzinfo=UTC) - timedelta(hours=zone_hours)


def give_digest(runtime: Runtime, now: datetime) -> int:
    with transaction(runtime.sessions) as session:
        written = digest.send_due(session, runtime.settings, now=now)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    return written


@pytest.fixture
def jiwoo(runtime: Runtime, sandbox: Sandbox) -> str:
    """An admin in Seoul."""
    user_id = arrive(runtime, sandbox.person("jiwoo"))
    execute(runtime, "UPDATE users SET role = 'admin' WHERE id = :u", u=user_id)
    return user_id


def test_admins_hear_nothing_while_nothing_is_wrong(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, emma: str, jiwoo: str
) -> None:
    assert give_digest(alarmed, morning(alarmed)) == 0
    assert sandbox.dms("jiwoo") == []
    assert receiver.posts == []


def test_admins_have_one_digest_a_day_in_their_language(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, emma: str, jiwoo: str
) -> None:
    break_grant(alarmed, sandbox, emma, "emma")
    now = morning(alarmed)
    assert give_digest(alarmed, now - timedelta(minutes=20)) == 0  # too early
    for later in (0, 1, 90):
        give_digest(alarmed, now + timedelta(minutes=later))
    assert give_digest(alarmed, now + timedelta(hours=6)) == 0  # too late
    [dm] = sandbox.dms("jiwoo")
    assert "확인이 필요한 Gmail 연결 1건" in dm.text
    shown = json.dumps(dm.blocks, ensure_ascii=False)
    assert "Emma Clarke" in shown
    assert f"{alarmed.settings.portal_url}/tokens" in shown
    assert sandbox.dms("emma") == []
    assert len(receiver.texts) == 1
    assert "Emma" not in receiver.texts[0]
    give_digest(alarmed, now + timedelta(days=1))
    assert len(sandbox.dms("jiwoo")) == 2


def test_an_admin_elsewhere_has_it_in_their_own_morning(
    runtime: Runtime, sandbox: Sandbox, emma: str
) -> None:
    daniel = arrive(runtime, sandbox.person("daniel"))
    execute(runtime, "UPDATE users SET role = 'admin' WHERE id = :u", u=daniel)
    break_grant(runtime, sandbox, emma, "emma")
    assert give_digest(runtime, morning(runtime)) == 0
    assert give_digest(runtime, morning(runtime, -5)) == 1
    assert "1 Gmail connection needs attention" in sandbox.dms("daniel")[0].text


def test_slack_refusing_the_bot_is_alarmed_once_and_its_end_too(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver
) -> None:
    for error in ("", "token_revoked", "token_revoked", "account_inactive", ""):
        sandbox.slack.bot_error = error
        slack_bot.check(alarmed)
    asyncio.run(jobs.run_worker(alarmed, wait=False))
    assert len(receiver.texts) == 2
    assert any("Slack에서 앱을 받아들이지 않습니다" in said for said in receiver.texts)
    assert any("다시 받아들입니다" in said for said in receiver.texts)
    assert "xoxb" not in str(receiver.posts)


def test_the_bot_is_looked_after_every_few_minutes(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver
) -> None:
    sandbox.slack.bot_error = "account_inactive"
    for _ in range(3):
        tick(alarmed)
    assert sandbox.calls("auth.test") == 1
    execute(alarmed, "UPDATE heartbeats SET at = at - interval '6 minutes'")
    tick(alarmed)
    assert sandbox.calls("auth.test") == 2
    assert len(receiver.texts) == 1
    with transaction(alarmed.sessions) as session:
        assert slack_bot.refusal(session) == "account_inactive"


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 429}, {"drop": "before"}])
def test_slack_out_of_reach_is_no_alarm(
    alarmed: Runtime, sandbox: Sandbox, receiver: Receiver, fault: dict[str, object]
) -> None:
    sandbox.fault(op="auth.test", **fault)
    slack_bot.check(alarmed)
    assert alerts(alarmed) == []


def test_an_alarm_is_posted_until_it_is_accepted(alarmed: Runtime, receiver: Receiver) -> None:
    receiver.answers = [500, 404]
    with transaction(alarmed.sessions) as session:
        for _ in range(2):
            webhook.put(session, alarmed.settings, "the same", "Something is wrong")
    for _ in range(3):
        execute(alarmed, "UPDATE webhook_posts SET retry_at = NULL")
        execute(alarmed, "UPDATE procrastinate_jobs SET scheduled_at = NULL")
        tick(alarmed)
    assert receiver.posts == [{"text": "Something is wrong"}]
    with transaction(alarmed.sessions) as session:
        post = session.scalars(select(WebhookPost)).one()
        assert (post.status, post.attempts) == ("sent", 3)
        assert "a-secret" not in str(session.execute(text("SELECT to_jsonb(w) FROM webhook_posts w")).all())


def test_an_alarm_left_by_a_worker_that_died_is_taken_up(alarmed: Runtime, receiver: Receiver) -> None:
    with transaction(alarmed.sessions) as session:
        webhook.put(session, alarmed.settings, "left", "Something is wrong")
    execute(alarmed, "DELETE FROM procrastinate_jobs")
    execute(alarmed, "UPDATE webhook_posts SET status = 'sending', lease_until = now() - interval '1 second'")
    tick(alarmed)
    assert len(receiver.posts) == 1


def test_an_alarm_that_nobody_takes_for_a_day_is_given_up(
    alarmed: Runtime, receiver: Receiver, capfd: pytest.CaptureFixture[str]
) -> None:
    receiver.server.server_close()
    with transaction(alarmed.sessions) as session:
        webhook.put(session, alarmed.settings, "nobody", "Something is wrong")
    execute(alarmed, "UPDATE webhook_posts SET deadline_at = now()")
    tick(alarmed)
    with transaction(alarmed.sessions) as session:
        post = session.scalars(select(WebhookPost)).one()
        assert (post.status, post.error) == ("failed", "ConnectError")
    assert "a-secret" not in "".join(capfd.readouterr())


def test_without_an_address_nothing_is_stored(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        webhook.put(session, runtime.settings, "key", "Something is wrong")
    with transaction(runtime.sessions) as session:
        assert session.scalars(select(WebhookPost)).all() == []


def test_alerts_of_tokens_that_are_gone_end(runtime: Runtime, sandbox: Sandbox, emma: str) -> None:
    break_grant(runtime, sandbox, emma, "emma")
    execute(runtime, "DELETE FROM gmail_tokens")
    with transaction(runtime.sessions) as session:
        assert warnings.settle(session, runtime.settings) == 1
        assert session.get_one(User, emma).active

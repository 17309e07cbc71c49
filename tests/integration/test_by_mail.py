"""The day's briefing by e-mail to its own person: once, by choice, where Slack certainly has none."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select, text, update

from sandbox.google.state import Google
from services import jobs, runs, standing
from services.access import Actor
from services.connect import flow
from services.connect.wanted import IDENTITY
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings, ConversationMessage, OutboundMessage, User
from services.delivery import overview, own
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive, connect
from tests.integration.test_nine_oclock import MINUTE, join, now, tick, work

__all__ = ["now"]  # a fixture

SEND = "https://www.googleapis.com/auth/gmail.send"
SENDING = "gmail.users.messages.send"


def chosen(
    runtime: Runtime, sandbox: Sandbox, now: datetime, *, wanted: bool = True, granted: bool = True
) -> str:
    """Somebody whose briefing is due, and who has chosen e-mail for when Slack does not work."""
    user_id = join(runtime, sandbox, now - MINUTE)
    if granted:
        connect(runtime, sandbox, user_id, "seoyeon", scopes=(SEND,))
        work(runtime)
    with transaction(runtime.sessions) as session:
        session.get_one(BriefingSettings, user_id).email_fallback = wanted
    return user_id


def unreachable(sandbox: Sandbox) -> None:
    sandbox.fault(op="chat.postMessage", status=429, retry_after=30)


def pass_deadline(runtime: Runtime) -> None:
    """Everything that waits is tried for the last time."""
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits WHERE key LIKE 'slack:%'"))
        session.execute(
            update(OutboundMessage)
            .where(OutboundMessage.kind == "briefing")
            .values(deadline_at=func.now(), retry_at=func.now(), lease_until=func.now())
        )
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    work(runtime)


def mail_of(sandbox: Sandbox) -> Google:
    google = sandbox.world.google
    assert google is not None
    return google


def mailed(sandbox: Sandbox) -> list[EmailMessage]:
    """What Seoyeon's mailbox has sent through this product."""
    box = mail_of(sandbox).mailbox(sandbox.person("seoyeon"))
    found = [email.message_from_bytes(m.read(), policy=email.policy.default) for m in box.newest_first()]
    return [mail for mail in found if mail["X-Briefing-Key"]]


def messages(runtime: Runtime) -> dict[str, tuple[str, str | None]]:
    with transaction(runtime.sessions) as session:
        rows = session.execute(select(OutboundMessage.kind, OutboundMessage.status, OutboundMessage.error))
        return {kind: (status, error) for kind, status, error in rows}


def briefing(runtime: Runtime) -> tuple[str, str | None]:
    with transaction(runtime.sessions) as session:
        status, error = session.execute(select(Briefing.status, Briefing.error)).one()
        return status, error


def is_one_briefing(runtime: Runtime, user_id: str) -> None:
    """Everywhere, and by what became of the mail: Slack's failure is not its end."""
    with transaction(runtime.sessions) as session:
        (line,) = overview.deliveries(session, Actor("admin", is_admin=True), overview.Filter()).rows
        (theirs,) = own.own_briefings(session, Actor(user_id), user_id).rows
        last = standing.read(session, runtime.settings, user_id).last
    assert last is not None
    assert (line.outcome, line.error) == (theirs.outcome, theirs.error) == ("on_time", None)
    assert (last.status, last.error) == ("sent", None)


def test_slack_is_tried_to_the_deadline_and_then_it_comes_by_mail_once(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = chosen(runtime, sandbox, now)
    unreachable(sandbox)
    tick(runtime)
    assert messages(runtime) == {"briefing": ("queued", "rate_limited")}
    assert mailed(sandbox) == []
    for _ in range(2):
        pass_deadline(runtime)
    assert messages(runtime) == {"briefing": ("failed", "rate_limited"), "email": ("sent", None)}
    assert briefing(runtime) == ("sent", None)
    is_one_briefing(runtime, user_id)
    (mail,) = mailed(sandbox)
    address = sandbox.person("seoyeon").google_email
    assert address in mail["To"]
    assert "브리핑" in mail["Subject"]
    texts = [mail.get_body(("plain",)), mail.get_body(("html",))]
    for body in texts:
        assert body is not None
        said = body.get_content()
        assert "Slack으로 전해 드리지 못해" in said
        assert "서연" in said
        assert "authuser=" in said
    assert sandbox.dms("seoyeon") == []
    with transaction(runtime.sessions) as session:
        (logged,) = session.scalars(select(ConversationMessage).where(ConversationMessage.kind == "email"))
        settings = session.get_one(BriefingSettings, user_id)
        assert logged.user_id == user_id
        assert settings.covered_until is not None


@pytest.mark.parametrize("why", ["not wanted", "not granted", "broken"])
def test_nobody_is_written_to_who_has_not_chosen_and_allowed_it(
    runtime: Runtime, sandbox: Sandbox, now: datetime, why: str
) -> None:
    chosen(runtime, sandbox, now, wanted=why != "not wanted", granted=why != "not granted")
    unreachable(sandbox)
    tick(runtime)
    if why == "broken":
        with transaction(runtime.sessions) as session:
            session.execute(text("UPDATE gmail_tokens SET status = 'reconnect_required'"))
    pass_deadline(runtime)
    assert messages(runtime) == {"briefing": ("failed", "rate_limited")}
    assert briefing(runtime) == ("failed", "rate_limited")
    assert mailed(sandbox) == []


def test_whoever_is_not_on_slack_is_looked_for_to_the_deadline(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = chosen(runtime, sandbox, now)
    with transaction(runtime.sessions) as session:
        user = session.get_one(User, user_id)
        user.slack_user_id = user.slack_channel = None
    tick(runtime)
    assert messages(runtime) == {"briefing": ("queued", "not_on_slack")}
    pass_deadline(runtime)
    assert messages(runtime) == {"briefing": ("failed", "not_on_slack"), "email": ("sent", None)}
    assert len(mailed(sandbox)) == 1


@pytest.mark.parametrize("slack_has_it", [True, False])
def test_after_a_post_whose_outcome_is_unclear_the_history_decides(
    runtime: Runtime, sandbox: Sandbox, now: datetime, slack_has_it: bool
) -> None:
    chosen(runtime, sandbox, now)
    sandbox.fault(op="chat.postMessage", drop="after" if slack_has_it else "before", times=1)
    tick(runtime)
    sandbox.fault(op="conversations.history", status=500)
    unreachable(sandbox)
    pass_deadline(runtime)
    assert mailed(sandbox) == []  # nobody knows, so nothing is sent on top of it
    assert briefing(runtime)[0] == "failed"


def test_what_the_history_rules_out_may_come_by_mail(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    chosen(runtime, sandbox, now)
    sandbox.fault(op="chat.postMessage", drop="before", times=1)
    tick(runtime)
    assert messages(runtime)["briefing"][0] == "sending"
    pass_deadline(runtime)
    assert messages(runtime)["email"] == ("sent", None)
    assert (len(mailed(sandbox)), len(sandbox.dms("seoyeon"))) == (1, 0)


@pytest.mark.parametrize("fault", [{"drop": "after"}, {"drop": "before"}, {"status": 500}], ids=str)
def test_a_mail_whose_outcome_is_unclear_is_looked_for_before_it_is_sent_again(
    runtime: Runtime, sandbox: Sandbox, now: datetime, fault: dict[str, object]
) -> None:
    chosen(runtime, sandbox, now)
    unreachable(sandbox)
    tick(runtime)
    sandbox.fault(op=SENDING, times=1, **fault)
    pass_deadline(runtime)
    assert messages(runtime)["email"] == ("sending", "no_answer")
    with transaction(runtime.sessions) as session:
        session.execute(update(OutboundMessage).values(lease_until=func.now()))
        session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    work(runtime)
    assert messages(runtime)["email"] == ("sent", None)
    assert len(mailed(sandbox)) == 1


def test_a_refused_mail_leaves_the_briefing_failed_and_slack_can_be_tried_again(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = chosen(runtime, sandbox, now)
    unreachable(sandbox)
    tick(runtime)
    body = {"error": {"code": 403, "message": "no", "errors": [{"reason": "insufficientPermissions"}]}}
    sandbox.fault(op=SENDING, status=403, body=body)
    pass_deadline(runtime)
    assert briefing(runtime) == ("failed", "missing_scope")
    sandbox.control("/faults", method="DELETE")
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits"))
        runs.start_run(session, runtime.settings, requested_by="test", user_id=user_id, now=now)
    asyncio.run(jobs.run_worker(runtime, wait=False))
    assert briefing(runtime) == ("sent", None)
    assert (len(mailed(sandbox)), len(sandbox.dms("seoyeon"))) == (0, 1)


def test_the_mail_is_not_mail_that_matters_the_next_day(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = chosen(runtime, sandbox, now)
    unreachable(sandbox)
    tick(runtime)
    pass_deadline(runtime)
    box = mail_of(sandbox).mailbox(sandbox.person("seoyeon"))
    own = {m.id for m in box.newest_first() if b"X-Briefing-Key" in m.read()}
    sandbox.control("/faults", method="DELETE")
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM rate_limits"))
        session.execute(text("UPDATE briefings SET local_date = local_date - 1"))
        session.get_one(BriefingSettings, user_id).next_due_at = now - MINUTE
    tick(runtime)
    with transaction(runtime.sessions) as session:
        told = session.scalars(select(Briefing).order_by(Briefing.created_at.desc())).first()
    assert told is not None
    assert told.status == "sent"
    assert own
    assert not own & set(told.message_ids)


def test_the_permission_to_send_is_asked_for_alone_and_the_others_stay(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id = arrive(runtime, sandbox.person("seoyeon"))

    def asked() -> set[str]:
        hint = sandbox.person("seoyeon").google_email
        consent = flow.begin(runtime, user_id, scopes=(SEND,), login_hint=hint)
        return set(parse_qs(urlsplit(consent.url).query)["scope"][0].split())

    assert asked() == {*IDENTITY, *runtime.settings.required_scopes, SEND}
    connect(runtime, sandbox, user_id, "seoyeon")
    assert asked() == {*IDENTITY, SEND}
    connect(runtime, sandbox, user_id, "seoyeon", scopes=(SEND,))
    with transaction(runtime.sessions) as session:
        granted = set(session.execute(text("SELECT scopes FROM gmail_tokens")).scalar_one())
    assert granted >= {*runtime.settings.required_scopes, SEND}


def test_it_apologises_for_being_late(runtime: Runtime, sandbox: Sandbox, now: datetime) -> None:
    chosen(runtime, sandbox, now)
    unreachable(sandbox)
    tick(runtime)
    with transaction(runtime.sessions) as session:
        session.execute(
            text("UPDATE briefings SET due_at = due_at - :by, composed_at = composed_at - :by"),
            {"by": timedelta(hours=9)},
        )
    pass_deadline(runtime)
    (mail,) = mailed(sandbox)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "늦" in body.get_content()

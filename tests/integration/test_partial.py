"""Whatever fails of whichever source: its section is left out with reason and cure, the rest is there."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from sqlalchemy import text

from services.db.engine import transaction
from services.db.models import BriefingSettings
from services.runtime import Runtime
from tests.integration.journeys import Sandbox
from tests.integration.test_nine_oclock import MINUTE, briefing, join, now, said, tick

__all__ = ["now"]  # a fixture

HEADINGS = {"mail": "📬 *", "calendar": "📅 *"}
OPERATIONS = {"mail": "batch", "calendar": "calendar.events.list"}
SCOPE = {"error": {"code": 403, "message": "no", "errors": [{"reason": "insufficientPermissions"}]}}
OFF = {"error": {"code": 403, "message": "no", "errors": [{"reason": "accessNotConfigured"}]}}
# What Google does, what the briefing calls it, and a word of the cure.
FAILURES = [
    ({"status": 401}, "unauthorized", "다시 연결"),
    ({"status": 403, "body": SCOPE}, "missing_scope", "권한"),
    ({"status": 403, "body": OFF}, "accessNotConfigured", "관리자"),
    ({"status": 429, "retry_after": 3600}, "rate_limited", "저절로"),
    ({"status": 503}, "unavailable", "저절로"),
    ({"status": 200, "body": "<html>sign in</html>"}, "unavailable", "저절로"),
    ({"drop": "before"}, "unavailable", "저절로"),
]


@pytest.mark.parametrize("source", OPERATIONS)
@pytest.mark.parametrize(("fault", "reason", "cure"), FAILURES, ids=str)
def test_one_source_that_fails_leaves_its_section_out_with_reason_and_cure(
    runtime: Runtime,
    sandbox: Sandbox,
    now: datetime,
    source: str,
    fault: dict[str, object],
    reason: str,
    cure: str,
) -> None:
    join(runtime, sandbox, now - 15 * MINUTE)  # nothing is waited for any more
    sandbox.fault(op=OPERATIONS[source], **fault)
    tick(runtime)
    sent = briefing(runtime)
    assert sent is not None
    assert (sent.status, sent.missing) == ("sent", [{"source": source, "reason": reason}])
    (dm,) = said(sandbox)
    assert {name for name, heading in HEADINGS.items() if heading in dm} == set(OPERATIONS) - {source}
    assert "⚠️" in dm
    assert cure in dm


def test_feeds_that_do_not_answer_leave_the_news_out(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    user_id = join(runtime, sandbox, now - MINUTE)
    with transaction(runtime.sessions) as session:
        record = session.get_one(BriefingSettings, user_id)
        record.sections, record.feeds = ["calendar", "mail", "news"], ["http://127.0.0.1:9/feed.xml"]
    tick(runtime)
    sent = briefing(runtime)
    assert sent is not None
    assert (sent.status, [one["source"] for one in sent.missing]) == ("sent", ["news"])
    (dm,) = said(sandbox)
    assert all(heading in dm for heading in HEADINGS.values())


def test_a_grant_that_has_ended_takes_both_of_googles_and_the_button_leads_back(
    runtime: Runtime, sandbox: Sandbox, now: datetime
) -> None:
    join(runtime, sandbox, now - MINUTE)
    sandbox.control("/people/seoyeon/revoke")
    with transaction(runtime.sessions) as session:
        session.execute(text("UPDATE gmail_tokens SET expiry = now()"))
    tick(runtime)
    (dm,) = sandbox.dms("seoyeon")
    buttons = [block["accessory"] for block in dm.blocks if "accessory" in block]
    (address,) = (button["url"] for button in buttons)
    assert address.startswith("http://localhost:8501/connect?slack=")
    assert "Gmail 다시 연결하기" in json.dumps(buttons, ensure_ascii=False)

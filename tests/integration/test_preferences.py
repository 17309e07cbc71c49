"""Settings of one's own briefing: what they may be, and that the next one comes when it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from services import preferences
from services.db.engine import transaction
from services.db.models import Briefing, BriefingSettings
from services.errors import PreferenceRefused
from services.people import UnknownPerson
from services.preferences import Preferences
from services.runtime import Runtime
from tests.integration.journeys import Sandbox, arrive

SEOUL = ZoneInfo("Asia/Seoul")
EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)


@pytest.fixture
def user_id(runtime: Runtime, sandbox: Sandbox) -> str:
    return arrive(runtime, sandbox.person("seoyeon"))


def change(runtime: Runtime, user_id: str, **changes: Any) -> Preferences:
    with transaction(runtime.sessions) as session:
        return preferences.change(session, user_id, **changes)


def read(runtime: Runtime, user_id: str) -> Preferences:
    with transaction(runtime.sessions) as session:
        return preferences.read(session, user_id)


def now_of(runtime: Runtime) -> datetime:
    with transaction(runtime.sessions) as session:
        return session.execute(select(func.now())).scalar_one()


def test_what_is_changed_is_kept_and_the_rest_stays(runtime: Runtime, user_id: str) -> None:
    before = read(runtime, user_id)
    changed = change(
        runtime,
        user_id,
        vips=["Boss@Example.com", " boss@example.com ", ""],
        muted=("noise@example.com",),
        sections=["news", "mail"],
        feeds=["https://news.example/rss"],
        locale="en",
    )
    assert changed == read(runtime, user_id)
    assert changed.vips == ("boss@example.com",)
    assert (changed.sections, changed.feeds) == (("mail", "news"), ("https://news.example/rss",))
    assert (changed.locale, changed.send_at) == ("en", before.send_at)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("send_at", "09:00", "wrong_type"),
        ("timezone", "Mars/Olympus", "unknown_timezone"),
        ("timezone", "../../etc/passwd", "unknown_timezone"),
        ("timezone", "", "unknown_timezone"),
        ("timezone", None, "wrong_type"),
        ("weekdays", [], "no_weekday"),
        ("weekdays", [0, 8], "no_weekday"),
        ("weekdays", 3, "wrong_type"),
        ("enabled", "yes", "wrong_type"),
        ("paused_until", datetime(2026, 1, 1, tzinfo=UTC), "wrong_type"),
        ("paused_until", date(9999, 1, 1), "pause_too_long"),
        ("sections", [], "no_section"),
        ("sections", ["weather"], "unknown_section"),
        ("feeds", ["javascript:alert(1)"], "not_a_feed"),
        ("feeds", ["https://user:word@news.example/"], "not_a_feed"),
        ("feeds", ["http://[broken"], "not_a_feed"),
        ("feeds", [f"https://news.example/{n}" for n in range(21)], "too_many"),
        ("vips", ["not an address"], "not_an_address"),
        ("vips", "boss@example.com", "wrong_type"),
        ("muted", ["a@b.example\u0000"], "not_an_address"),
        ("locale", "fr", "unknown_language"),
        ("covered_until", None, "unknown_field"),
        ("next_due_at", None, "unknown_field"),
    ],
)
def test_what_a_setting_cannot_be(
    runtime: Runtime, user_id: str, field: str, value: object, code: str
) -> None:
    before = read(runtime, user_id)
    with pytest.raises(PreferenceRefused) as caught, transaction(runtime.sessions) as session:
        preferences.change(session, user_id, **{"enabled": False, field: value})
    assert (caught.value.code, caught.value.field) == (code, field)
    assert read(runtime, user_id) == before


def test_nobody_is_both_important_and_muted(runtime: Runtime, user_id: str) -> None:
    change(runtime, user_id, vips=["boss@example.com"])
    with pytest.raises(PreferenceRefused) as caught:
        change(runtime, user_id, muted=["Boss@example.com"])
    assert (caught.value.code, caught.value.field) == ("vip_and_muted", "muted")


def test_the_next_briefing_follows_time_and_zone(runtime: Runtime, user_id: str) -> None:
    for zone in ("Asia/Seoul", "America/New_York"):
        changed = change(runtime, user_id, send_at=time(7, 30, 59), timezone=zone, weekdays=EVERY_DAY)
        assert changed.next_due_at is not None
        assert changed.next_due_at.astimezone(ZoneInfo(zone)).time() == time(7, 30)
        assert timedelta(0) < changed.next_due_at - now_of(runtime) <= timedelta(days=1)


def test_off_means_none_and_on_again_means_the_next(runtime: Runtime, user_id: str) -> None:
    assert change(runtime, user_id, enabled=False).next_due_at is None
    assert change(runtime, user_id, enabled=True).next_due_at is not None


def test_a_pause_ends_by_itself(runtime: Runtime, user_id: str) -> None:
    until = now_of(runtime).astimezone(SEOUL).date() + timedelta(days=3)
    changed = change(runtime, user_id, paused_until=until, weekdays=EVERY_DAY)
    assert changed.next_due_at is not None
    assert changed.next_due_at.astimezone(SEOUL).date() == until + timedelta(days=1)


def test_a_day_that_has_its_briefing_gets_no_second_promise(runtime: Runtime, user_id: str) -> None:
    now = now_of(runtime)
    days = [now.astimezone(SEOUL).date() + timedelta(days=n) for n in (0, 1)]
    with transaction(runtime.sessions) as session:
        for day in days:
            session.add(
                Briefing(
                    id=str(day), user_id=user_id, kind="daily", local_date=day, due_at=now, deadline_at=now
                )
            )
    changed = change(runtime, user_id, weekdays=EVERY_DAY, send_at=time(23, 59))
    assert changed.next_due_at is not None
    assert changed.next_due_at.astimezone(SEOUL).date() == days[1] + timedelta(days=1)


def test_a_briefing_due_at_this_moment_is_not_lost(runtime: Runtime, user_id: str) -> None:
    due = now_of(runtime) - timedelta(seconds=30)
    with transaction(runtime.sessions) as session:
        session.get_one(BriefingSettings, user_id).next_due_at = due
    at = (due.astimezone(SEOUL) - timedelta(minutes=1)).time()
    changed = change(runtime, user_id, send_at=at, weekdays=EVERY_DAY)
    assert changed.next_due_at is not None
    today = now_of(runtime).astimezone(SEOUL).date()
    assert changed.next_due_at == due or changed.next_due_at.astimezone(SEOUL).date() == today


def test_changes_at_once_lose_nothing(runtime: Runtime, user_id: str) -> None:
    wanted: list[dict[str, Any]] = [
        {"vips": ["boss@example.com"]},
        {"weekdays": (1, 2)},
        {"sections": ["mail"]},
        {"timezone": "Europe/Berlin"},
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda changes: change(runtime, user_id, **changes), wanted))
    now = read(runtime, user_id)
    assert (now.vips, now.weekdays, now.sections, now.timezone) == (
        ("boss@example.com",),
        (1, 2),
        ("mail",),
        "Europe/Berlin",
    )
    assert now.next_due_at is not None
    assert now.next_due_at.astimezone(ZoneInfo("Europe/Berlin")).isoweekday() in (1, 2)


def test_nobody_has_no_settings(runtime: Runtime) -> None:
    with transaction(runtime.sessions) as session:
        with pytest.raises(UnknownPerson):
            preferences.read(session, "nobody")
        with pytest.raises(UnknownPerson):
            preferences.change(session, "nobody", enabled=False)

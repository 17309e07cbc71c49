"""A silent sidecar is told at the top of every page; while it is heard of, quietly at the side."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from portal.navigation import ENTRIES
from services import heartbeat
from services.db.engine import transaction
from services.runtime import Runtime
from tests.pages.conftest import ENTRY, Browser, texts

SILENT = "The part that sends briefings is not running"
TELL_THE_ADMIN = "Please tell the team's admin."
CURE = "Start scheduler.py again and look into its log for why it ended."


def beside(at: AppTest) -> str:
    return "\n".join(caption.value for caption in at.sidebar.caption)


@pytest.mark.parametrize("file", [entry.file for entry in ENTRIES])
def test_every_page_says_at_its_top_that_the_sidecar_is_silent(admin: Browser, file: str) -> None:
    at = admin.open(file)
    assert texts(at).count(SILENT) == 1
    assert at.main.warning[0].proto.title == SILENT
    assert "Sending works" not in beside(at)


def test_every_page_says_at_its_side_that_it_is_heard_of(admin: Browser, portal: Runtime) -> None:
    for entry in ENTRIES:
        with transaction(portal.sessions) as session:
            heartbeat.beat(session, "scheduler")
        at = admin.open(entry.file)
        assert SILENT not in texts(at), entry.file
        assert "Sending works (seen" in beside(at), entry.file


def test_admins_are_told_what_to_do_and_others_whom_to_tell(admin: Browser, emma: Browser) -> None:
    assert CURE in texts(admin.open("home.py"))
    assert TELL_THE_ADMIN not in texts(admin.open("home.py"))
    assert TELL_THE_ADMIN in texts(emma.open("home.py"))
    assert CURE not in texts(emma.open("home.py"))


def test_an_open_page_follows_when_the_sidecar_falls_silent_and_comes_back(
    emma: Browser, portal: Runtime, sidecar: None
) -> None:
    at = emma.open("home.py")
    assert SILENT not in texts(at)
    with transaction(portal.sessions) as session:
        session.execute(text("UPDATE heartbeats SET at = now() - interval '4 minutes'"))
    assert SILENT in texts(at.run())
    with transaction(portal.sessions) as session:
        heartbeat.beat(session, "scheduler")
    assert SILENT not in texts(at.run())


def test_the_sign_in_page_says_so_without_details(portal: Runtime) -> None:
    at = AppTest.from_file(ENTRY, default_timeout=30)
    at.context = {"locale": "en"}
    assert "No briefings are being sent at the moment." in texts(at.run())
    with transaction(portal.sessions) as session:
        heartbeat.beat(session, "scheduler")
    assert "No briefings are being sent" not in texts(at.run())
    assert not at.exception


def test_a_briefing_whose_time_has_passed_is_not_announced(emma: Browser, portal: Runtime) -> None:
    with transaction(portal.sessions) as session:
        session.execute(
            text("UPDATE briefing_settings SET enabled = true, next_due_at = now() - interval '9 minutes'")
        )
    for file in ("home.py", "settings.py", "briefing.py"):
        shown = texts(emma.open(file))
        assert "and has not gone out yet." in shown, file
        assert "Your next briefing comes" not in shown, file

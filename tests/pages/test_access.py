"""The access log as an admin sees it, what a member sees instead, and everybody's own part of it."""

from __future__ import annotations

from collections.abc import Callable

from services import audit
from services.db.engine import transaction
from services.runtime import Runtime
from tests.pages.conftest import Browser, texts

PAGE = "admin/access.py"
SignIn = Callable[[str], Browser]


def note(portal: Runtime, actor: str, action: str, subject: str) -> None:
    with transaction(portal.sessions) as session:
        audit.record(session, actor=actor, action=action, subject=subject, detail={"people": 3})


def test_a_member_sees_that_it_is_not_for_them(sign_in: SignIn, portal: Runtime, admin: Browser) -> None:
    note(portal, admin.user_id, "refresh_token", "somebody")
    at = sign_in("emma").open(PAGE)
    assert "This is not for you" in texts(at)
    assert not at.dataframe
    assert not at.download_button


def test_an_empty_log_says_so(admin: Browser) -> None:
    assert "Nothing has been written down yet" in texts(admin.open(PAGE))


def test_lines_are_in_words_and_can_be_narrowed(admin: Browser, portal: Runtime, sign_in: SignIn) -> None:
    emma = sign_in("emma")
    note(portal, admin.user_id, "refresh_token", emma.user_id)
    note(portal, "system:api", "something_new", audit.EVERYBODY)
    at = admin.open(PAGE)
    table = at.dataframe[0].value
    assert list(table["who"]) == ["A program with CRON_SECRET", "오수진"]
    assert list(table["what"]) == ["something_new", "Refreshed the token"]
    assert list(table["whose"]) == ["Everybody", "Emma Clarke"]
    assert list(table["detail"]) == ["people: 3", "people: 3"]
    assert [button.label for button in at.download_button] == ["Export as CSV"]
    at.text_input(key="access_whose").set_value("emma").run()
    assert list(at.dataframe[0].value["whose"]) == ["Emma Clarke"]
    at.selectbox(key="access_action").set_value("disconnect").run()
    assert not at.exception
    assert "Nothing matches" in texts(at)


def test_everybody_sees_who_looked_at_theirs(admin: Browser, portal: Runtime, sign_in: SignIn) -> None:
    emma = sign_in("emma")
    assert "Nobody so far." in texts(emma.open("settings.py"))
    note(portal, admin.user_id, "view_token", emma.user_id)
    note(portal, admin.user_id, "view_token", "somebody else")
    at = emma.open("settings.py")
    assert "1 entry" in [expander.label for expander in at.expander]
    at.session_state["own_access"] = True
    at.run()
    assert not at.exception
    assert "**오수진** · Looked at the connection's history" in texts(at)

"""Text that people or addresses bring along: on every page it shows as itself and breaks nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from services.db.engine import transaction
from services.db.models import GmailToken, User
from services.runtime import Runtime
from tests.pages.conftest import Browser, texts

SignIn = Callable[[str], Browser]
HOSTILE = "[click](https://evil.example) **bold** :material/home: $x$ <b>"
PAGES = ("home.py", "connect.py", "briefing.py", "settings.py", "admin/tokens.py", "admin/people.py")


def as_markdown(at: AppTest) -> str:
    """Every text on the page as Streamlit's Markdown gets it."""
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.info, at.success, at.warning, at.error)
    shown = [str(element.value) for kind in kinds for element in kind]
    shown += [str(button.label) for button in at.button] + [str(toast.value) for toast in at.toast]
    return "\n".join([*shown, *(str(expander.label) for expander in at.expander)])


@pytest.fixture
def admin(sign_in: SignIn, portal: Runtime) -> Browser:
    """An admin whose name, address and mailbox are Markdown."""
    browser = sign_in("emma")
    browser.connect()
    with transaction(portal.sessions) as session:
        session.execute(update(User).values(role="admin", display_name=HOSTILE, email=HOSTILE))
        session.execute(update(GmailToken).values(details={"email": HOSTILE}, status="reconnect_required"))
    return browser


@pytest.mark.parametrize("page", PAGES)
def test_a_name_is_only_a_name(admin: Browser, page: str) -> None:
    at = admin.open(page)
    for table in at.dataframe:
        at.session_state[str(table.key)] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    assert HOSTILE in texts(at)
    assert "](https://evil" not in as_markdown(at)
    assert "**bold**" not in as_markdown(at)


@pytest.mark.parametrize("value", ["\0", "x" * 5_000, "'; DROP TABLE users; --", "-1", "1e9", "９"])
def test_anything_may_stand_in_an_address(sign_in: SignIn, value: str) -> None:
    browser = sign_in("emma")
    for page, name in (
        ("connect.py", "session"),
        ("connect.py", "problem"),
        ("briefing.py", "sending"),
        ("conversations.py", "before"),
    ):
        at = browser.open(page, **{name: value})
        assert "Something went wrong" not in texts(at), page


def test_anything_may_be_searched_for(admin: Browser) -> None:
    for page, key in (("admin/people.py", "people_text"), ("admin/tokens.py", "token_text")):
        at = admin.open(page)
        for text in ("\0", "%_\\", "x" * 5_000):
            at.text_input(key=key).set_value(text).run()
            assert "Something went wrong" not in texts(at), (page, text)

"""Importing old tokens as an admin sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.testing.v1 import AppTest

from services.db.engine import transaction
from services.db.models import GmailToken, TokenImport
from services.runtime import Runtime
from services.tokens.refresh import credentials_for
from tests.integration.journeys import Sandbox
from tests.integration.old_tokens import MODIFY, authorized_user
from tests.pages.conftest import Browser, texts

PAGE = "admin/imports.py"
Upload = tuple[str, bytes, str]


def upload(name: str, document: object) -> Upload:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return (name, content, "application/json")


def choose_files(browser: Browser, *files: Upload) -> AppTest:
    at = browser.open(PAGE)
    at.file_uploader[0].set_value(list(files)).run()
    assert not at.exception
    return at


def table(at: AppTest) -> list[dict[str, Any]]:
    """The rows of the table of what would become of each file."""
    rows: list[dict[str, Any]] = at.dataframe[0].value.to_dict("records")
    assert "verdict" in rows[0]
    return rows


def verdict(at: AppTest, place: int = 0) -> str:
    return str(table(at)[place]["verdict"][0])


def click(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click().run()
    assert not at.exception
    return at


def choose_waiting(browser: Browser) -> AppTest:
    """Open the page and click the first token that waits."""
    at = browser.open(PAGE)
    key = str(at.dataframe[0].key)
    at.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert not at.exception
    return at


def test_a_member_sees_that_it_is_not_for_them(emma: Browser, admin: Browser) -> None:
    at = emma.open(PAGE)
    assert "This is not for you" in texts(at)
    assert not at.file_uploader
    assert not at.dataframe


def test_the_table_says_what_would_become_of_each_file(
    admin: Browser, emma: Browser, sandbox: Sandbox, portal: Runtime
) -> None:
    address = sandbox.person("emma").google_email
    document = authorized_user(sandbox, portal.settings, "emma", scopes=(MODIFY,), account=address)
    at = choose_files(admin, upload("emma_gmail.json", document), upload("notes.json", {"a": 1}))
    good, bad = table(at)
    assert "Emma Clarke" in good["owner"]
    assert (verdict(at), verdict(at, 1)) == ("Import", "Refused")
    assert (good["can_read"], good["can_send"], good["refreshable"]) == (True, True, True)
    assert (bad["owner"], bad["can_read"]) == ("", None)
    shown = texts(at)
    for said in ("Google accepts it", "gmail.readonly is missing", "no access token"):
        assert said in shown
    with transaction(portal.sessions) as session:
        assert session.scalars(select(GmailToken)).all() == []


def test_importing_stores_the_token_and_lets_go_of_the_file(
    admin: Browser,
    emma: Browser,
    sandbox: Sandbox,
    portal: Runtime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone: list[str] = []
    remove = MemoryUploadedFileManager.remove_file

    def noted(manager: MemoryUploadedFileManager, session_id: str, file_id: str) -> None:
        gone.append(file_id)
        remove(manager, session_id, file_id)

    monkeypatch.setattr(MemoryUploadedFileManager, "remove_file", noted)
    address = sandbox.person("emma").google_email
    document = authorized_user(sandbox, portal.settings, "emma", account=address)
    at = click(choose_files(admin, upload("emma_gmail.json", document)), "Import 1 token")
    assert at.toast[0].value == "1 token was imported."
    assert credentials_for(portal, emma.user_id).token
    assert not at.dataframe
    assert len(gone) == 1
    assert "import_files 0" not in at.session_state
    assert at.session_state["import_files 1"] == []
    again = choose_files(admin, upload("emma_gmail.json", document))
    assert "imported before" in verdict(again)
    assert next(button for button in again.button if button.label == "Import 0 tokens").disabled


def test_putting_the_files_away_stores_nothing(admin: Browser, sandbox: Sandbox, portal: Runtime) -> None:
    document = authorized_user(sandbox, portal.settings, "emma")
    at = click(choose_files(admin, upload("emma_gmail.json", document)), "Put the files away")
    assert not at.dataframe
    with transaction(portal.sessions) as session:
        assert session.scalars(select(TokenImport)).all() == []


def test_a_connection_that_works_is_replaced_only_when_told(
    admin: Browser, emma: Browser, sandbox: Sandbox, portal: Runtime
) -> None:
    emma.connect()
    address = sandbox.person("emma").google_email
    document = authorized_user(sandbox, portal.settings, "emma", account=address)
    at = choose_files(admin, upload("emma_gmail.json", document))
    assert "the owner's connection works" in verdict(at)
    at.toggle(key="import_replace").set_value(True).run()
    assert "in place of a connection that works" in verdict(at)
    click(at, "Import 1 token")
    with transaction(portal.sessions) as session:
        details = session.execute(select(GmailToken.details)).scalar_one()
    assert details is not None
    assert details["source_file"] == "emma_gmail.json"


def park(admin: Browser, sandbox: Sandbox, portal: Runtime, **more: Any) -> None:
    document = authorized_user(sandbox, portal.settings, "emma", **more)
    at = click(choose_files(admin, upload("unknown_gmail.json", document)), "Import 1 token")
    assert "waits for its owner" in at.toast[0].value


def test_a_waiting_token_is_given_to_somebody_found_by_searching(
    admin: Browser, emma: Browser, sandbox: Sandbox, portal: Runtime
) -> None:
    park(admin, sandbox, portal, user_id="old-id")
    at = choose_waiting(admin)
    search = next(box for box in at.text_input if box.label == "Search")
    assert search.value == "old-id"
    assert "Nobody matches" in texts(at)
    search.set_value("clarke").run()
    click(at, "It is theirs")
    assert "Emma Clarke's now" in at.toast[0].value
    assert credentials_for(portal, emma.user_id).token
    assert "No imported token waits" in texts(at)


def test_a_working_connection_is_asked_about_before_it_is_replaced(
    admin: Browser, emma: Browser, sandbox: Sandbox, portal: Runtime
) -> None:
    emma.connect()
    park(admin, sandbox, portal)
    at = choose_waiting(admin)
    next(box for box in at.text_input if box.label == "Search").set_value("clarke").run()
    click(at, "It is theirs")
    assert "left as it is" in at.toast[0].value
    click(at, "Replace it all the same")
    assert "Emma Clarke's now" in at.toast[0].value


def test_its_owner_becomes_a_new_person_or_it_is_thrown_away(
    admin: Browser, sandbox: Sandbox, portal: Runtime
) -> None:
    park(admin, sandbox, portal, user_id="old-id")
    click(choose_waiting(admin), "Make a new person, old&#45;id")
    assert credentials_for(portal, "old-id").token
    park(admin, sandbox, portal)
    at = click(choose_waiting(admin), "Throw it away")
    assert "brings it back" in at.toast[0].value
    assert "No imported token waits" in texts(at)


def test_names_in_files_mean_nothing_to_the_page(admin: Browser, sandbox: Sandbox, portal: Runtime) -> None:
    name = "![x](a.png)<b>*.json"
    at = choose_files(
        admin, upload(name, authorized_user(sandbox, portal.settings, "emma", refresh_token=None))
    )
    assert name in table(at)[0]["file"]  # a table shows text as it is
    assert not [text.value for text in at.markdown if "![x](" in text.value]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[" * 70_000, b'{"a":' * 900])
def test_garbage_is_refused_in_words(admin: Browser, content: bytes) -> None:
    at = choose_files(admin, upload("garbage.json", content))
    assert "Refused" in verdict(at)
    assert next(button for button in at.button if button.label == "Import 0 tokens").disabled


def test_it_speaks_korean(admin: Browser, sandbox: Sandbox, portal: Runtime) -> None:
    admin.change(locale="ko")
    at = choose_files(admin, upload("x.json", authorized_user(sandbox, portal.settings, "emma")))
    assert "주인" in str(table(at)[0])
    assert "Import" not in texts(at)

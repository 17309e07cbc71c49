"""Conversations: one's own only, newest first, with the briefings as Slack drew them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from portal.components.conversation_words import KINDS
from services.conversations import log
from services.db.engine import transaction
from services.db.models import ConversationMessage, JsonList
from services.runtime import Runtime
from tests.pages.conftest import Browser, texts

SignIn = Callable[[str], Browser]
Work = Callable[[], None]


@pytest.fixture
def emma(sign_in: SignIn) -> Browser:
    return sign_in("emma")


def say(
    portal: Runtime,
    browser: Browser,
    *words: str,
    role: str = "user",
    kind: str = "request",
    at: float = 1_800_000_000,
    blocks: JsonList | None = None,
) -> None:
    """Messages a minute apart, in the order given."""
    with transaction(portal.sessions) as session:
        for number, text in enumerate(words):
            log.add(
                session,
                user_id=browser.user_id,
                channel=f"D{browser.key}",
                ts=f"{at + 60 * number:.6f}",
                role=role,
                kind=kind,
                text=text,
                blocks=blocks,
            )


def test_who_has_none_yet_is_told_where_the_first_comes_from(emma: Browser) -> None:
    shown = texts(emma.open("conversations.py"))
    assert "is kept here" in shown
    assert "Go to Briefing" in shown


def test_the_newest_comes_first_under_its_day_in_the_persons_zone(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "first", "second")
    emma.change(timezone="America/New_York")
    at = emma.open("conversations.py")
    assert [message.markdown[0].value for message in at.chat_message] == ["second", "first"]
    assert [message.caption[0].value for message in at.chat_message] == ["3:01 AM", "3:00 AM"]
    assert "January 15, 2027" in texts(at)


def test_a_briefing_is_drawn_as_slack_drew_it(emma: Browser, work: Work, sidecar: None) -> None:
    emma.connect()
    for _ in range(2):
        emma.open("briefing.py").button(key="send").click().run()
        work()
    at = emma.open("conversations.py")
    assert len(at.chat_message) == 2
    assert at.chat_message[0].subheader
    assert not at.chat_message[1].subheader
    assert at.chat_message[1].expander


def test_what_people_write_means_nothing(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "<script>x</script> # [a](b) :smile:")
    (message,) = emma.open("conversations.py").chat_message
    assert "<" not in message.markdown[0].value
    assert "[a]" not in message.markdown[0].value


def shown(at: AppTest) -> list[str]:
    return [message.markdown[0].value for message in at.chat_message]


def test_older_ones_are_added_below(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, *(f"number {n}" for n in range(25)))
    at = emma.open("conversations.py")
    assert shown(at) == [f"number {n}" for n in range(24, 4, -1)]
    at.button(key="older").click().run()
    assert shown(at) == [f"number {n}" for n in range(24, -1, -1)]
    assert not [button for button in at.button if button.key == "older"]


def test_a_page_that_is_full_begins_anew_with_the_older_ones(
    emma: Browser, portal: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.components.conversation_list.MOST", 40)
    say(portal, emma, *(f"number {n}" for n in range(25)))
    at = emma.open("conversations.py")
    at.button(key="older").click().run()
    assert shown(at) == [f"number {n}" for n in range(4, -1, -1)]
    at.button(key="newest").click().run()
    assert len(shown(at)) == 20


def test_what_is_looked_for_is_found_and_marked(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "견적서 보내 줘", "the Invoice", "nothing")
    at = emma.open("conversations.py")
    at.text_input(key="conversation_text").set_value("견적").run()
    assert shown(at) == [":orange[**견적**]서 보내 줘"]
    at.text_input(key="conversation_text").set_value("invoice THE").run()
    assert shown(at) == [":orange[**the**] :orange[**Invoice**]"]
    at.text_input(key="conversation_text").set_value("꿩").run()
    assert "Nothing was found." in texts(at)
    at.button(key="show_everything").click().run()
    assert len(shown(at)) == 3


def test_a_briefing_that_is_found_shows_the_place_and_the_whole_on_demand(
    emma: Browser, portal: Runtime
) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "a *needle* in " + "hay " * 300}}]
    say(portal, emma, "Your briefing", role="assistant", blocks=blocks)
    at = emma.open("conversations.py")
    at.text_input(key="conversation_text").set_value("needle").run()
    (found,) = shown(at)
    assert found.startswith("a :orange[**needle**] in hay")
    assert len(found) < 500
    assert [expander.label for expander in at.chat_message[0].expander] == ["The whole message"]


def test_filters_narrow_it_down(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "a question")
    say(portal, emma, "an answer", role="assistant", kind="reply", at=1_800_000_001)
    at = emma.open("conversations.py")
    by_key(at, "conversation_kinds").set_value(["reply"]).run()
    assert shown(at) == ["an answer"]
    by_key(at, "conversation_role").set_value("user").run()
    assert "Nothing was found." in texts(at)
    at.button(key="clear").click().run()
    assert len(shown(at)) == 2
    at.date_input(key="conversation_days").set_value((date(2027, 1, 16), date(2027, 1, 17))).run()
    assert "Nothing was found." in texts(at)
    at.date_input(key="conversation_days").set_value((date(2027, 1, 15), date(2027, 1, 15))).run()
    assert len(shown(at)) == 2


def by_key(at: AppTest, key: str) -> Any:
    return next(one for one in at.get("button_group") if one.key == key)


def test_one_message_is_deleted_and_reached_in_slack(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "kept", "a secret")
    at = emma.open("conversations.py")
    with transaction(portal.sessions) as session:
        newest = session.query(ConversationMessage).order_by(ConversationMessage.said_at.desc()).first()
        assert newest is not None
    at.session_state[f"more {newest.id}"] = True
    at.run()
    (link,) = [link for link in at.link_button if link.label == "Open in Slack"]
    assert link.url.endswith("/Demma/p1800000060000000")
    at.button(key=f"delete {newest.id}").click().run()
    assert shown(at) == ["kept"]
    assert "deleted here" in at.toast[0].value


def test_everything_is_deleted_after_being_asked_twice(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "one", "two")
    at = emma.open("conversations.py")
    at.button(key="delete_all").click().run()
    assert len(shown(at)) == 2
    at.button(key="delete_all_really").click().run()
    assert "2 messages are deleted." in at.toast[0].value
    assert "is kept here" in texts(at)


def test_both_files_are_offered(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, "one")
    at = emma.open("conversations.py")
    offered: list[Any] = list(at.get("download_button"))
    assert {button.label for button in offered} >= {"CSV", "JSON"}


@pytest.mark.parametrize("looked_for", ["%_\\", "\0", "x" * 5_000, "[a](b)", "((", "  "])
def test_anything_may_be_looked_for(emma: Browser, portal: Runtime, looked_for: str) -> None:
    say(portal, emma, "hello")
    at = emma.open("conversations.py")
    at.text_input(key="conversation_text").set_value(looked_for).run()
    assert not at.exception
    assert "Something went wrong" not in texts(at)


def test_nobody_reads_anothers(emma: Browser, sign_in: SignIn, portal: Runtime) -> None:
    say(portal, emma, "a secret")
    for role in ("member", "admin"):
        daniel = sign_in("daniel")
        daniel.change(role=role)
        say(portal, daniel, "my own", at=1_800_000_000 + len(role))
        at = daniel.open("conversations.py")
        at.text_input(key="conversation_text").set_value("secret").run()
        assert "a secret" not in texts(at)


def test_every_kind_of_message_has_its_words() -> None:
    """Whatever is put into the outbox or the log by name."""
    kinds = set()
    for path in (Path(__file__).parents[2] / "services").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call):
                continue
            called = ast.unparse(call.func)
            named = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
            if called.split(".")[-1] == "Draft":
                kinds |= {node.value for node in (named or call.args[1:2]) if isinstance(node, ast.Constant)}
            elif called == "log.add":
                kinds |= {node.value for node in named if isinstance(node, ast.Constant)}
    assert {"briefing", "warning"} <= kinds
    assert kinds <= set(KINDS)

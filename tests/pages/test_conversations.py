"""Conversations: one's own only, newest first, with the briefings as Slack drew them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.conversations import log
from services.db.engine import transaction
from services.db.models import ConversationMessage
from services.runtime import Runtime
from tests.pages.conftest import Browser, texts

SignIn = Callable[[str], Browser]
Work = Callable[[], None]


@pytest.fixture
def emma(sign_in: SignIn) -> Browser:
    return sign_in("emma")


def say(
    portal: Runtime, browser: Browser, *words: str, role: str = "user", at: float = 1_800_000_000
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
                kind="request",
                text=text,
            )


def test_who_has_none_yet_is_told_where_the_first_comes_from(emma: Browser) -> None:
    shown = texts(emma.open("conversations.py"))
    assert "Once your first briefing has been sent" in shown
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


def test_older_ones_are_a_click_away(emma: Browser, portal: Runtime) -> None:
    say(portal, emma, *(f"number {n}" for n in range(25)))
    at = emma.open("conversations.py")
    assert len(at.chat_message) == 20
    at.button(key="older").click().run()
    assert [message.markdown[0].value for message in at.chat_message] == [
        f"number {n}" for n in (4, 3, 2, 1, 0)
    ]
    at.button(key="newest").click().run()
    assert len(at.chat_message) == 20


@pytest.mark.parametrize("before", ["0", "x", "-1", "9" * 30, "²"])
def test_a_mangled_address_shows_no_error(emma: Browser, portal: Runtime, before: str) -> None:
    say(portal, emma, "hello")
    assert not emma.open("conversations.py", before=before).exception


def test_nobody_reads_anothers(emma: Browser, sign_in: SignIn, portal: Runtime) -> None:
    say(portal, emma, "a secret")
    daniel = sign_in("daniel")
    assert "a secret" not in texts(daniel.open("conversations.py"))
    with transaction(portal.sessions) as session:
        newest = session.query(ConversationMessage.id).one()[0]
    assert "a secret" not in texts(daniel.open("conversations.py", before=str(newest + 1)))

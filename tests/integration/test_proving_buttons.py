"""Buttons to the connect page in a person's DM prove their Slack account; what is kept of them does not."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from services.access import Actor
from services.db.engine import transaction
from services.db.models import BriefingSettings, OutboundMessage, SlackLink
from services.delivery import outbox
from services.i18n import translator
from services.people import joining, slack_link
from services.people.export_all import everything
from services.runtime import Runtime
from tests.integration.assistant_talk import Talk, button, hurry, shown, work
from tests.integration.canary import dump
from tests.integration.joining_people import by_dm, by_google, presses, state_of
from tests.integration.journeys import Sandbox, arrive, settled

TOKEN = re.compile(r"/connect\?slack=([\w-]+)")


@pytest.fixture
def taeho(runtime: Runtime, sandbox: Sandbox) -> Talk:
    """Known by a DM alone, whose briefing has news."""
    with_news(runtime, sandbox, by_dm(runtime, sandbox, "taeho"))
    return Talk(runtime, sandbox, "taeho")


def with_news(runtime: Runtime, sandbox: Sandbox, user_id: str) -> None:
    with transaction(runtime.sessions) as session:
        session.get_one(BriefingSettings, user_id).feeds = [f"{sandbox.world.base_url}/news/seoul.xml"]


def briefing_button(talk: Talk) -> str:
    """Ask for a briefing; where the button in it leads."""
    talk.ask("브리핑")
    [briefing] = [message for message in talk.messages() if message.blocks[0]["type"] == "header"]
    found = button(briefing, "connect_mail")
    assert found is not None
    return str(found["url"])


def token_in(url: str) -> str:
    found = TOKEN.search(url)
    assert found is not None, url
    return found[1]


def test_the_button_in_a_briefing_joins_whoever_signs_in_elsewhere(runtime: Runtime, taeho: Talk) -> None:
    me = by_google(runtime, "ty")
    token = token_in(briefing_button(taeho))
    assert state_of(runtime, me, token) == "open"
    joining.ask(runtime, me, token)
    presses(runtime, taeho.slack_user_id, yes=True, value=link_id(runtime, token))
    work(runtime)
    assert settled(runtime, me).slack_user_id == taeho.slack_user_id
    assert state_of(runtime, me, token) == "own"


def link_id(runtime: Runtime, token: str) -> str:
    with transaction(runtime.sessions) as session:
        return session.scalars(select(SlackLink.id).where(SlackLink.digest == slack_link.digest(token))).one()


def test_whoever_is_one_person_already_is_asked_nothing_however_old_the_button_is(
    runtime: Runtime, sandbox: Sandbox
) -> None:
    user_id = arrive(runtime, sandbox.person("emma"))
    with_news(runtime, sandbox, user_id)
    talk = Talk(runtime, sandbox, "emma")
    token = token_in(briefing_button(talk))
    assert state_of(runtime, user_id, token) == "own"
    with transaction(runtime.sessions) as session:
        session.execute(update(SlackLink).values(expires_at=SlackLink.expires_at - timedelta(days=2)))
    assert state_of(runtime, user_id, token) == "own"
    with transaction(runtime.sessions) as session:
        session.execute(text("DELETE FROM slack_links"))
    assert state_of(runtime, user_id, token) == "own"


def test_a_button_that_was_pressed_too_late_asks_for_a_fresh_link(runtime: Runtime, taeho: Talk) -> None:
    me = by_google(runtime, "ty")
    token = token_in(briefing_button(taeho))
    with transaction(runtime.sessions) as session:
        session.execute(update(SlackLink).values(expires_at=SlackLink.expires_at - timedelta(days=2)))
    assert state_of(runtime, me, token) == "unusable"


def test_a_briefing_that_is_tried_again_has_the_same_button(
    runtime: Runtime, sandbox: Sandbox, taeho: Talk
) -> None:
    sandbox.fault(op="chat.postMessage", drop="before", times=4)
    taeho.ask("브리핑")
    with transaction(runtime.sessions) as session:
        kept = session.scalars(select(OutboundMessage.content)).all()
    before = {token for content in kept for token in TOKEN.findall(str(content))}
    for _ in range(4):
        hurry(runtime)
        with transaction(runtime.sessions) as session:
            session.execute(text("UPDATE outbound_messages SET lease_until = now() - interval '1 second'"))
            session.execute(text("DELETE FROM rate_limits"))
        work(runtime)
    sent = {token for message in taeho.messages() for token in TOKEN.findall(shown(message))}
    assert sent == before != set()


def test_no_proof_is_kept_once_it_is_sent(runtime: Runtime, taeho: Talk) -> None:
    briefing_button(taeho)
    taeho.ask("구글 연결해줘")
    taeho.ask("connect my calendar")
    tokens = {token for message in taeho.messages() for token in TOKEN.findall(shown(message))}
    assert len(tokens) >= 3
    written = dump(runtime).decode()
    assert not [token for token in tokens if token in written]
    assert "/connect?add=calendar" in written
    packed = everything(runtime, Actor(taeho.person.id), taeho.person.id, translator("ko"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert not [name for name in archive.namelist() if b"connect?slack=" in archive.read(name)]


def test_what_waits_to_be_sent_is_exported_without_its_proof(runtime: Runtime, taeho: Talk) -> None:
    user = taeho.person
    with transaction(runtime.sessions) as session:
        url = slack_link.issue(session, runtime.settings, user)
        content = {"text": f"… {url}", "blocks": []}
        outbox.put(session, outbox.Draft(user.id, "warning", content, "k"))
    packed = everything(runtime, Actor(user.id), user.id, translator("en"))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        said = archive.read("outbound_messages.json").decode()
    assert token_in(url) not in said
    assert "/connect" in said


KEPT = [
    ("https://p.example/connect?slack=a-B_9", "https://p.example/connect"),
    ("see https://p.example/connect?slack=a-B_9.", "see https://p.example/connect."),
    ("<https://p.example/connect?slack=a&amp;add=calendar|x>", "<https://p.example/connect?add=calendar|x>"),
    ("https://p.example/connect?slack=a&add=calendar", "https://p.example/connect?add=calendar"),
    ("https://p.example/connect?from=slack", "https://p.example/connect?from=slack"),
    ("I wrote slack=on", "I wrote slack=on"),
]


@pytest.mark.parametrize(("said", "kept"), KEPT)
def test_only_the_proof_is_taken_out(said: str, kept: str) -> None:
    content: dict[str, Any] = {"text": said, "blocks": [{"accessory": {"url": said}}]}
    assert slack_link.without_proofs(content) == {"text": kept, "blocks": [{"accessory": {"url": kept}}]}

"""The page on which people's DMs are read: what stands on it, and that nothing on it can do harm."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient

from sandbox.slack.state import Workspace
from sandbox.world import World
from tests.integration.slack_server import MINA, OSCAR, fresh_workspace, running_slack, small_world

EVIL = "<img src=x onerror=alert(1)>"
EVERYTHING: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": f"Head {EVIL}"}},
    {"type": "section", "text": {"type": "mrkdwn", "text": f"*bold* {EVIL}"}},
    {"type": "section", "fields": [{"type": "plain_text", "text": f"field {EVIL}"}]},
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": f'"{EVIL}'},
                "action_id": f'go"{EVIL}',
                "confirm": {"text": {"type": "mrkdwn", "text": f"'\"{EVIL}"}},
            },
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "odd"},
                "url": "javascript://x/%0aalert(1)",
                "action_id": "odd",
            },
            {
                "type": "static_select",
                "placeholder": {"type": "plain_text", "text": f'"{EVIL}'},
                "options": [{"text": {"type": "plain_text", "text": EVIL}, "value": f'"{EVIL}'}],
                "action_id": "choose",
            },
        ],
    },
    {"type": "context", "elements": [{"type": "mrkdwn", "text": f"small {EVIL}"}]},
    {"type": "divider"},
    {"type": "image", "image_url": "https://img.example/a.png", "alt_text": f'"{EVIL}'},
    {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": f"rich {EVIL}", "style": {"bold": True}},
                    {"type": "link", "url": "javascript://x/alert(1)", "text": EVIL},
                ],
            }
        ],
    },
]


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_slack(small_world()) as world:
        yield world


@pytest.fixture
def slack(world: World) -> Workspace:
    return fresh_workspace(world)


@pytest.fixture
def client(slack: Workspace) -> WebClient:
    return WebClient(slack.bot_token, base_url=f"{slack.world.base_url}/api/", retry_handlers=[])


@pytest.fixture
def http(slack: Workspace) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=slack.world.base_url, trust_env=False) as client:
        yield client


def page(http: httpx.Client, user: str = MINA.slack_user_id) -> str:
    answer = http.get(f"/slack/dm/{user}")
    assert answer.status_code == 200
    return answer.text


def test_everybody_with_a_slack_account_is_listed(http: httpx.Client) -> None:
    text = http.get("/slack").text
    assert (MINA.name in text, OSCAR.name in text, "Ida Noel" in text) == (True, True, False)


def test_a_person_reads_the_page_in_their_language(http: httpx.Client) -> None:
    assert "다이렉트 메시지" in page(http)
    assert "Direct messages" in page(http, OSCAR.slack_user_id)


def test_days_and_times_are_the_persons_own(slack: Workspace, client: WebClient, http: httpx.Client) -> None:
    slack.world.skew = timedelta(days=-1)
    sent = client.chat_postMessage(channel=MINA.slack_user_id, text="x")["ts"]
    slack.world.skew = timedelta(0)
    client.chat_postMessage(channel=MINA.slack_user_id, text="y")
    text = page(http)
    assert re.findall(r'class="day" role="separator"><span>(.+?)</span>', text) == ["어제", "오늘"]
    assert re.search(r"오[전후] \d+:\d\d", text)
    assert f'id="p{sent.replace(".", "")}"' in text


def test_somebody_who_is_not_there_has_no_page(http: httpx.Client) -> None:
    assert http.get("/slack/dm/U404").status_code == 404


def test_hostile_blocks_stay_text(client: WebClient, http: httpx.Client) -> None:
    client.chat_postMessage(channel=MINA.slack_user_id, text=EVIL, blocks=EVERYTHING)
    client.chat_postMessage(channel=MINA.slack_user_id, text=EVIL)
    http.post(f"/slack/dm/{MINA.slack_user_id}/messages", json={"text": f'"{EVIL}'})
    Harmless().feed(page(http))


class Harmless(HTMLParser):
    """No handlers, no styles, no scripts but the page's own, links and images only where they may lead."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        assert not [name for name in given if name.startswith("on") or name == "style"], (tag, given)
        assert tag != "script" or given["src"] == "/slack/static/slack.js"
        assert tag != "img" or given["src"].startswith("/slack/avatar/"), given
        assert tag != "a" or given["href"].startswith(("https://", "/slack")), given


@pytest.mark.parametrize("path", ["/slack", "/slack/dm/U0MINA", "/slack/dm/U0MINA/updates"])
def test_pages_carry_a_strict_policy(http: httpx.Client, path: str) -> None:
    headers = http.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_unread_messages_show_until_they_are_read(client: WebClient, http: httpx.Client) -> None:
    ts = client.chat_postMessage(channel=MINA.slack_user_id, text="news")["ts"]
    assert http.get("/slack").text.count('class="dot"') == 1
    http.post(f"/slack/dm/{MINA.slack_user_id}/read", json={"ts": ts})
    assert 'class="dot"' not in http.get("/slack").text
    client.chat_postMessage(channel=MINA.slack_user_id, text="more news")
    assert 'class="fresh"' in page(http)


def test_updates_come_only_when_something_changed(client: WebClient, http: httpx.Client) -> None:
    path = f"/slack/dm/{MINA.slack_user_id}/updates"
    first = http.get(path).json()
    assert http.get(path, params={"since": first["revision"]}).status_code == 204
    client.chat_postMessage(channel=MINA.slack_user_id, text="something new")
    second = http.get(path, params={"since": first["revision"]}).json()
    assert "something new" in second["messages"]
    assert 'class="dot"' in second["people"]


def test_replies_stand_below_what_they_answer(client: WebClient, http: httpx.Client) -> None:
    parent = client.chat_postMessage(channel=MINA.slack_user_id, text="question")["ts"]
    http.post(f"/slack/dm/{MINA.slack_user_id}/messages", json={"text": "answer", "thread_ts": parent})
    client.chat_postMessage(channel=MINA.slack_user_id, text="later")
    thread = page(http).partition('class="thread"')[2].partition("later")[0]
    assert "answer" in thread


def test_a_permalink_leads_to_the_message(client: WebClient, http: httpx.Client) -> None:
    sent = client.chat_postMessage(channel=MINA.slack_user_id, text="x")
    link = client.chat_getPermalink(channel=sent["channel"], message_ts=sent["ts"])["permalink"]
    place = http.get(link).headers["location"]
    assert place == f"/slack/dm/{MINA.slack_user_id}#p{sent['ts'].replace('.', '')}"


def test_only_ones_own_messages_can_be_changed(client: WebClient, http: httpx.Client) -> None:
    ts = client.chat_postMessage(channel=MINA.slack_user_id, text="the bot's")["ts"]
    path = f"/slack/dm/{MINA.slack_user_id}/messages/{ts}"
    assert http.post(path, json={"text": "mine"}).status_code == 404
    assert http.request("DELETE", path, json={}).status_code == 404
    assert "the bot&#39;s" in page(http)


def test_what_only_one_person_sees_can_be_put_away(client: WebClient, http: httpx.Client) -> None:
    channel = client.conversations_open(users=MINA.slack_user_id)["channel"]["id"]
    ts = client.chat_postEphemeral(channel=channel, user=MINA.slack_user_id, text="psst")["message_ts"]
    assert client.conversations_history(channel=channel)["messages"] == []
    assert "psst" in page(http)
    http.request("DELETE", f"/slack/dm/{MINA.slack_user_id}/messages/{ts}", json={})
    assert "psst" not in page(http)


@pytest.mark.parametrize("text", ["", "   ", "x" * 12_001])
def test_nothing_and_too_much_are_not_sent(slack: Workspace, http: httpx.Client, text: str) -> None:
    assert http.post(f"/slack/dm/{MINA.slack_user_id}/messages", json={"text": text}).status_code == 400
    assert slack.open_dm(MINA.slack_user_id).messages == {}


def test_a_foreign_form_cannot_write(slack: Workspace, http: httpx.Client) -> None:
    path = f"/slack/dm/{MINA.slack_user_id}/messages"
    assert http.post(path, data={"text": "x"}).status_code == 415
    assert (
        http.post(path, content=b'{"text": "x"}', headers={"Content-Type": "text/plain"}).status_code == 415
    )
    assert slack.open_dm(MINA.slack_user_id).messages == {}


@pytest.mark.parametrize("user", [MINA.slack_user_id, "U0BRIEFING"])
def test_everybody_has_a_picture(http: httpx.Client, user: str) -> None:
    picture = http.get(f"/slack/avatar/{user}.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert picture.text.startswith("<svg")

"""The sandbox's Web API as slack_sdk sees it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.limits import Rate
from sandbox.slack.state import Workspace
from sandbox.world import World
from tests.integration.slack_server import MINA, OSCAR, fresh_workspace, running_slack, small_world

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*hello*"}}


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


def refusal(call: Callable[[], object]) -> Any:
    """The body of the answer that refuses `call`."""
    with pytest.raises(SlackApiError) as caught:
        call()
    return caught.value.response


def dm(client: WebClient, user: str = MINA.slack_user_id) -> str:
    channel: str = client.conversations_open(users=user)["channel"]["id"]
    return channel


def test_the_bot_learns_who_it_is(slack: Workspace, client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user_id, slack.team_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_members_come_in_pages(slack: Workspace, client: WebClient) -> None:
    pages = [[user["id"] for user in page["members"]] for page in client.users_list(limit=1)]
    assert pages == [[MINA.slack_user_id], [OSCAR.slack_user_id], [slack.bot_user_id]]


def test_a_member_is_described_as_slack_describes_one(client: WebClient) -> None:
    user = client.users_info(user=MINA.slack_user_id, include_locale=True)["user"]
    assert user["profile"]["email"] == MINA.slack_email
    assert (user["tz"], user["tz_offset"], user["locale"]) == ("Asia/Seoul", 32400, "ko-KR")
    assert user["is_bot"] is False


def test_members_are_found_by_their_slack_address_only(client: WebClient) -> None:
    found = client.users_lookupByEmail(email="O.Finch@harbor.example")["user"]["id"]
    assert found == OSCAR.slack_user_id
    unknown = refusal(lambda: client.users_lookupByEmail(email=OSCAR.google_email))
    assert unknown["error"] == "users_not_found"


def test_opening_a_dm_twice_gives_the_same_one(client: WebClient) -> None:
    assert dm(client) == dm(client)
    assert dm(client) != dm(client, OSCAR.slack_user_id)


def test_what_cannot_be_opened_says_why(slack: Workspace, client: WebClient) -> None:
    slack.deactivated.add(OSCAR.slack_user_id)
    expected = {
        slack.bot_user_id: "cannot_dm_bot",
        "U404": "user_not_found",
        OSCAR.slack_user_id: "user_disabled",
    }
    for user, error in expected.items():
        assert refusal(partial(client.conversations_open, users=user))["error"] == error


def test_a_posted_message_is_found_in_the_history(client: WebClient) -> None:
    channel = dm(client)
    sent = client.chat_postMessage(channel=channel, text="a &lt;b&gt; c", blocks=[SECTION])
    (message,) = client.conversations_history(channel=channel)["messages"]
    assert message == sent["message"]
    assert message["text"] == "a &lt;b&gt; c"
    assert message["blocks"][0]["text"]["text"] == "*hello*"
    assert message["blocks"][0]["block_id"]


def test_posting_to_a_member_opens_the_dm(client: WebClient) -> None:
    sent = client.chat_postMessage(channel=OSCAR.slack_user_id, text="hello")
    assert sent["channel"] == dm(client, OSCAR.slack_user_id)


def test_metadata_comes_back_only_when_asked_for(client: WebClient) -> None:
    channel, metadata = dm(client), {"event_type": "briefing", "event_payload": {"key": "b-1"}}
    client.chat_postMessage(channel=channel, text="x", metadata=metadata)
    (plain,) = client.conversations_history(channel=channel)["messages"]
    (full,) = client.conversations_history(channel=channel, include_all_metadata=True)["messages"]
    assert "metadata" not in plain
    assert full["metadata"] == metadata


def test_history_is_newest_first_and_paged(slack: Workspace, client: WebClient) -> None:
    slack.limits.enabled = False
    channel = dm(client)
    sent = [client.chat_postMessage(channel=channel, text=str(n))["ts"] for n in range(5)]
    pages = [
        [m["ts"] for m in page["messages"]] for page in client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [[sent[4], sent[3]], [sent[2], sent[1]], [sent[0]]]


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        ({}, [3, 2, 1, 0]),
        ({"oldest": 1}, [3, 2]),
        ({"oldest": 1, "inclusive": True}, [3, 2, 1]),
        ({"latest": 2}, [1, 0]),
        ({"oldest": 0, "latest": 3}, [2, 1]),
        ({"oldest": 2, "latest": 2, "inclusive": True}, [2]),
    ],
)
def test_history_keeps_to_its_window(
    slack: Workspace, client: WebClient, window: dict[str, Any], expected: list[int]
) -> None:
    slack.limits.enabled = False
    channel = dm(client)
    sent = [client.chat_postMessage(channel=channel, text=str(n))["ts"] for n in range(4)]
    limits = {name: sent[at] if name != "inclusive" else at for name, at in window.items()}
    found = client.conversations_history(channel=channel, **limits)["messages"]
    assert [m["ts"] for m in found] == [sent[n] for n in expected]


def test_replies_stay_in_their_thread(client: WebClient) -> None:
    channel = dm(client)
    parent = client.chat_postMessage(channel=channel, text="question")["ts"]
    client.chat_postMessage(channel=channel, text="answer", thread_ts=parent)
    (shown,) = client.conversations_history(channel=channel)["messages"]
    thread = client.conversations_replies(channel=channel, ts=parent)["messages"]
    assert (shown["ts"], shown["reply_count"]) == (parent, 1)
    assert [m["text"] for m in thread] == ["question", "answer"]


def test_an_update_keeps_what_it_does_not_name(client: WebClient) -> None:
    channel = dm(client)
    sent = client.chat_postMessage(channel=channel, text="before", blocks=[SECTION])
    client.chat_update(channel=channel, ts=sent["ts"], text="after")
    (message,) = client.conversations_history(channel=channel)["messages"]
    assert (message["text"], message["blocks"]) == ("after", sent["message"]["blocks"])
    assert message["edited"]["user"] == message["user"]
    client.chat_update(channel=channel, ts=sent["ts"], text="bare", blocks=[])
    assert "blocks" not in client.conversations_history(channel=channel)["messages"][0]


def test_a_deleted_message_is_gone(client: WebClient) -> None:
    channel = dm(client)
    sent = client.chat_postMessage(channel=channel, text="oops")
    client.chat_delete(channel=channel, ts=sent["ts"])
    assert client.conversations_history(channel=channel)["messages"] == []
    again = refusal(lambda: client.chat_delete(channel=channel, ts=sent["ts"]))
    assert again["error"] == "message_not_found"


def test_a_permalink_names_channel_and_message(client: WebClient) -> None:
    sent = client.chat_postMessage(channel=dm(client), text="x")
    link = client.chat_getPermalink(channel=sent["channel"], message_ts=sent["ts"])["permalink"]
    assert link.endswith(f"/archives/{sent['channel']}/p{sent['ts'].replace('.', '')}")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "D404", "text": "x"}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"blocks": []}, "no_text"),
        ({"text": "x", "thread_ts": "1.0"}, "thread_not_found"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        (
            {"blocks": [SECTION | {"text": {"type": "mrkdwn", "text": "가" * 2900}}] * 5},
            "msg_blocks_too_long",
        ),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": {"event_payload": {}}}, "invalid_metadata_format"),
    ],
)
def test_a_message_slack_would_not_take_is_refused(
    client: WebClient, arguments: dict[str, Any], error: str
) -> None:
    call = {"channel": dm(client)} | arguments
    assert refusal(lambda: client.api_call("chat.postMessage", json=call))["error"] == error


def test_refused_blocks_are_pointed_at(client: WebClient) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    body = refusal(lambda: client.chat_postMessage(channel=dm(client), text="x", blocks=[SECTION, long]))
    assert body["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/1/text]",
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
    ]


def test_overlong_text_is_cut(client: WebClient) -> None:
    sent = client.chat_postMessage(channel=dm(client), text="x" * 40_001)
    assert len(sent["message"]["text"]) == 40_000


def test_forms_work_as_json_does(slack: Workspace, client: WebClient) -> None:
    form = {"token": slack.bot_token, "channel": dm(client), "blocks": json.dumps([SECTION])}
    answer = httpx.post(f"{slack.world.base_url}/api/chat.postMessage", data=form, trust_env=False).json()
    assert answer["ok"]
    assert answer["message"]["blocks"][0]["type"] == "section"


@pytest.mark.parametrize(
    ("headers", "content", "error"),
    [
        ({}, b"", "not_authed"),
        ({"Authorization": "Bearer xoxb-somebody"}, b"", "invalid_auth"),
        ({"Content-Type": "application/json"}, b'{"token": "x"}', "not_authed"),
        ({"Content-Type": "application/json"}, b"{", "invalid_json"),
        ({"Content-Type": "application/json"}, b"[]", "json_not_object"),
        ({"Content-Type": "text/plain"}, b"x", "invalid_post_type"),
    ],
)
def test_a_call_that_cannot_be_read_or_trusted_is_refused(
    slack: Workspace, headers: dict[str, str], content: bytes, error: str
) -> None:
    url = f"{slack.world.base_url}/api/auth.test"
    answer = httpx.post(url, headers=headers, content=content, trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
def test_an_uninstalled_bot_is_told_so(slack: Workspace, client: WebClient, error: str) -> None:
    slack.bot_error = error
    assert refusal(client.auth_test)["error"] == error


def test_a_missing_scope_is_named(slack: Workspace, client: WebClient) -> None:
    slack.scopes = {"chat:write"}
    body = refusal(lambda: client.users_lookupByEmail(email=MINA.slack_email))
    assert (body["error"], body["needed"], body["provided"]) == (
        "missing_scope",
        "users:read.email",
        "chat:write",
    )


def test_addresses_are_hidden_without_their_scope(slack: Workspace, client: WebClient) -> None:
    slack.scopes.discard("users:read.email")
    assert "email" not in client.users_info(user=MINA.slack_user_id)["user"]["profile"]


def test_unknown_methods_are_called_unknown(client: WebClient) -> None:
    assert refusal(lambda: client.api_call("rtm.start"))["error"] == "unknown_method"


def test_too_many_messages_in_one_channel_are_held_back(slack: Workspace, client: WebClient) -> None:
    slack.limits.channel = Rate(60, 2)
    channel, other = dm(client), dm(client, OSCAR.slack_user_id)
    for _ in range(2):
        client.chat_postMessage(channel=channel, text="x")
    held = refusal(lambda: client.chat_postMessage(channel=channel, text="x"))
    assert (held.status_code, held.data, held.headers["retry-after"]) == (
        429,
        {"ok": False, "error": "ratelimited"},
        "1",
    )
    client.chat_postMessage(channel=other, text="other people's DMs go on")
    assert slack.limits.refused == {"chat.postMessage": 1}
    assert len(client.conversations_history(channel=channel)["messages"]) == 2


def test_each_method_has_its_own_tier(slack: Workspace, client: WebClient) -> None:
    slack.limits.methods = {"conversations.open": Rate(50, 1)}
    channel = dm(client)
    assert refusal(lambda: dm(client))["error"] == "ratelimited"
    client.conversations_info(channel=channel)


def test_limits_can_be_switched_off(slack: Workspace, client: WebClient) -> None:
    slack.limits.channel, slack.limits.enabled = Rate(1, 1), False
    for _ in range(3):
        client.chat_postMessage(channel=MINA.slack_user_id, text="x")


def test_requests_are_remembered_without_tokens(slack: Workspace, client: WebClient) -> None:
    client.chat_postMessage(channel=MINA.slack_user_id, text="x")
    refusal(lambda: client.users_lookupByEmail(email="nobody@harbor.example"))
    seen = [(request.method, request.user, request.error) for request in slack.seen]
    assert seen == [
        ("chat.postMessage", MINA.slack_user_id, ""),
        ("users.lookupByEmail", "nobody@harbor.example", "users_not_found"),
    ]
    assert slack.bot_token not in repr(slack.seen)


def test_a_reset_workspace_is_empty(slack: Workspace, client: WebClient) -> None:
    client.chat_postMessage(channel=MINA.slack_user_id, text="x")
    slack.reset()
    assert client.conversations_history(channel=dm(client))["messages"] == []

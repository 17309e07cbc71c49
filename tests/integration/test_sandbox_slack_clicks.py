"""Buttons, menus and modals: what the app is told, and what it may answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient
from starlette.responses import JSONResponse, Response

from sandbox.slack.state import Workspace
from sandbox.world import World
from tests.integration.slack_app import App, running_app
from tests.integration.slack_server import MINA, fresh_workspace, running_slack, small_world

DM = f"/slack/dm/{MINA.slack_user_id}"
OPTIONS = [{"text": {"type": "plain_text", "text": t}, "value": t} for t in ("nine", "ten")]
BLOCKS: list[dict[str, Any]] = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Go"},
                "action_id": "go",
                "value": "v-1",
                "style": "primary",
            },
            {
                "type": "button",
                "text": {"type": "plain_text", "text": "Open"},
                "action_id": "open",
                "url": "https://mail.example/",
            },
            {"type": "static_select", "action_id": "when", "options": OPTIONS},
            {"type": "overflow", "action_id": "more", "options": OPTIONS},
            {"type": "datepicker", "action_id": "day"},
            {"type": "timepicker", "action_id": "hour"},
        ],
    },
    {
        "type": "section",
        "block_id": "side",
        "text": {"type": "mrkdwn", "text": "x"},
        "accessory": {
            "type": "button",
            "text": {"type": "plain_text", "text": "Side"},
            "action_id": "beside",
        },
    },
]
MODAL = {
    "type": "modal",
    "callback_id": "settings",
    "title": {"type": "plain_text", "text": "Settings"},
    "submit": {"type": "plain_text", "text": "Save"},
    "blocks": [
        {
            "type": "input",
            "block_id": "name",
            "label": {"type": "plain_text", "text": "Name"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        },
        {
            "type": "input",
            "block_id": "time",
            "label": {"type": "plain_text", "text": "Time"},
            "element": {"type": "static_select", "action_id": "pick", "options": OPTIONS},
        },
    ],
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_slack(small_world()) as world:
        yield world


@pytest.fixture
def slack(world: World) -> Workspace:
    return fresh_workspace(world)


@pytest.fixture
def app(slack: Workspace) -> Iterator[App]:
    with running_app(slack.signing_secret) as app:
        slack.listener.interactivity_url = f"{app.base_url}/slack/interactivity"
        yield app


@pytest.fixture
def client(slack: Workspace) -> WebClient:
    return WebClient(slack.bot_token, base_url=f"{slack.world.base_url}/api/", retry_handlers=[])


@pytest.fixture
def message(client: WebClient) -> str:
    ts: str = client.chat_postMessage(channel=MINA.slack_user_id, text="choose", blocks=BLOCKS)["ts"]
    return ts


def ask(slack: Workspace, method: str, path: str, **body: object) -> Any:
    return httpx.request(method, slack.world.base_url + path, json=body, trust_env=False)


def use(slack: Workspace, ts: str, action_id: str, chosen: str = "", block_id: str = "row") -> str:
    body = {"ts": ts, "block_id": block_id, "action_id": action_id, "chosen": chosen}
    problem: str = ask(slack, "POST", f"{DM}/actions", **body).json()["problem"]
    return problem


def history(client: WebClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.conversations_history(channel="D0MINA")["messages"]
    return found


def test_the_app_is_told_of_a_click(slack: Workspace, app: App, message: str) -> None:
    assert use(slack, message, "go") == ""
    (request,) = app.received
    payload = request.payload
    assert payload["type"] == "block_actions"
    assert (payload["user"]["id"], payload["channel"]["id"], payload["container"]["message_ts"]) == (
        MINA.slack_user_id,
        "D0MINA",
        message,
    )
    assert payload["message"]["text"] == "choose"
    (action,) = payload["actions"]
    expected = {"type": "button", "action_id": "go", "block_id": "row", "value": "v-1", "style": "primary"}
    assert {name: action[name] for name in expected} == expected
    assert payload["trigger_id"]


@pytest.mark.parametrize(
    ("action_id", "chosen", "expected", "remembered"),
    [
        ("when", "ten", {"selected_option": OPTIONS[1]}, True),
        ("more", "nine", {"selected_option": OPTIONS[0]}, False),
        ("day", "2026-03-02", {"selected_date": "2026-03-02"}, True),
        ("hour", "09:30", {"selected_time": "09:30"}, True),
        ("when", "midnight", {"selected_option": None}, True),
        ("open", "", {"url": "https://mail.example/"}, False),
    ],
)
def test_a_choice_arrives_under_its_own_name(
    slack: Workspace,
    app: App,
    message: str,
    action_id: str,
    chosen: str,
    expected: dict[str, Any],
    remembered: bool,
) -> None:
    use(slack, message, action_id, chosen)
    payload = app.received[0].payload
    chosen_option = {
        name: _values_only(value) for name, value in payload["actions"][0].items() if name in expected
    }
    assert chosen_option == expected
    assert bool(payload["state"]["values"]) is remembered


def _values_only(value: Any) -> Any:
    """An option as it was sent: Slack adds `emoji` to its text."""
    if isinstance(value, dict):
        return {name: _values_only(entry) for name, entry in value.items() if name != "emoji"}
    return value


def test_a_button_beside_a_text_works_too(slack: Workspace, app: App, message: str) -> None:
    use(slack, message, "beside", block_id="side")
    assert app.received[0].payload["actions"][0]["block_id"] == "side"


def test_a_click_on_nothing_is_not_told(slack: Workspace, app: App, message: str) -> None:
    gone = ask(slack, "POST", f"{DM}/actions", ts=message, block_id="row", action_id="none")
    assert gone.status_code == 404
    assert app.received == []


def test_a_click_that_fails_is_shown_and_not_repeated(slack: Workspace, app: App, message: str) -> None:
    app.answers.append(Response(status_code=500))
    assert use(slack, message, "go") == "http_error"
    assert len(app.received) == 1


def test_a_click_nobody_hears_says_so(slack: Workspace, message: str) -> None:
    assert use(slack, message, "go") == "unheard"


@pytest.fixture
def hook(slack: Workspace, app: App, message: str) -> WebhookClient:
    """The response_url of a click on `message`."""
    use(slack, message, "go")
    return WebhookClient(app.received[0].payload["response_url"], retry_handlers=[])


def test_an_answer_may_replace_the_message(hook: WebhookClient, client: WebClient, message: str) -> None:
    assert hook.send(text="done", replace_original=True).status_code == 200
    (found,) = history(client)
    assert (found["ts"], found["text"], "blocks" in found) == (message, "done", False)


def test_an_answer_may_delete_the_message(hook: WebhookClient, client: WebClient) -> None:
    hook.send(delete_original=True)
    assert history(client) == []


def test_an_answer_is_for_one_person_unless_it_says_otherwise(
    slack: Workspace, hook: WebhookClient, client: WebClient
) -> None:
    hook.send(text="only you")
    assert [m["text"] for m in history(client)] == ["choose"]
    assert "only you" in ask(slack, "GET", DM).text
    hook.send(text="everybody", response_type="in_channel")
    assert [m["text"] for m in history(client)] == ["everybody", "choose"]


@pytest.mark.parametrize(
    ("body", "error"),
    [({"text": " "}, "no_text"), ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks")],
)
def test_an_answer_slack_would_not_take_is_refused(
    hook: WebhookClient, body: dict[str, Any], error: str
) -> None:
    answer = hook.send_dict(body)
    assert (answer.status_code, f'"{error}"' in answer.body) == (400, True)


def test_a_response_url_works_five_times(hook: WebhookClient) -> None:
    assert [hook.send(text=str(n)).status_code for n in range(6)] == [200] * 5 + [404]


def test_a_response_url_works_half_an_hour(slack: Workspace, hook: WebhookClient) -> None:
    slack.world.skew = timedelta(minutes=31)
    answer = hook.send(text="late")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


@pytest.fixture
def modal(slack: Workspace, app: App, client: WebClient, message: str) -> dict[str, Any]:
    """A modal that the app opened after a click."""
    use(slack, message, "go")
    trigger = app.received.pop().payload["trigger_id"]
    view: dict[str, Any] = client.views_open(trigger_id=trigger, view=MODAL)["view"]
    return view


def test_a_modal_is_shown_to_whoever_clicked(slack: Workspace, modal: dict[str, Any]) -> None:
    assert modal["id"] in ask(slack, "GET", DM).text
    assert modal["id"] not in ask(slack, "GET", "/slack/dm/U0OSCAR").text


def test_a_trigger_opens_one_modal_and_soon(
    slack: Workspace, app: App, client: WebClient, message: str
) -> None:
    use(slack, message, "go")
    use(slack, message, "go")
    first, second = (request.payload["trigger_id"] for request in app.received)
    client.views_open(trigger_id=first, view=MODAL)
    slack.world.skew = timedelta(seconds=4)
    for trigger, error in ((first, "invalid_trigger_id"), (second, "expired_trigger_id")):
        with pytest.raises(SlackApiError, match=error):
            client.views_open(trigger_id=trigger, view=MODAL)


def test_a_modal_is_checked(slack: Workspace, app: App, client: WebClient, message: str) -> None:
    use(slack, message, "go")
    view = MODAL | {"title": {"type": "plain_text", "text": "t" * 25}}
    with pytest.raises(SlackApiError) as caught:
        client.views_open(trigger_id=app.received[0].payload["trigger_id"], view=view)
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]


VALUES = {"name": {"text": "Mina"}, "time": {"pick": "ten"}}


def test_what_was_filled_in_arrives(slack: Workspace, app: App, modal: dict[str, Any]) -> None:
    assert ask(slack, "POST", f"{DM}/view", values=VALUES).json()["errors"] == {}
    payload = app.received[0].payload
    values = payload["view"]["state"]["values"]
    assert (payload["type"], payload["view"]["callback_id"]) == ("view_submission", "settings")
    assert values["name"]["text"] == {"type": "plain_text_input", "value": "Mina"}
    assert values["time"]["pick"]["selected_option"]["value"] == "ten"
    assert modal["id"] not in ask(slack, "GET", DM).text


def test_errors_keep_a_modal_open(slack: Workspace, app: App, modal: dict[str, Any]) -> None:
    errors = {"name": "too short"}
    app.answers.append(JSONResponse({"response_action": "errors", "errors": errors}))
    assert ask(slack, "POST", f"{DM}/view", values=VALUES).json()["errors"] == errors
    assert modal["id"] in ask(slack, "GET", DM).text


def test_a_modal_may_be_followed_by_another(slack: Workspace, app: App, modal: dict[str, Any]) -> None:
    following = MODAL | {"title": {"type": "plain_text", "text": "Thank you"}}
    app.answers.append(JSONResponse({"response_action": "update", "view": following}))
    ask(slack, "POST", f"{DM}/view", values=VALUES)
    assert "Thank you" in ask(slack, "GET", DM).text


def test_a_modal_may_be_closed(slack: Workspace, app: App, modal: dict[str, Any]) -> None:
    assert ask(slack, "DELETE", f"{DM}/view").json()["ok"]
    assert modal["id"] not in ask(slack, "GET", DM).text
    assert app.received == []

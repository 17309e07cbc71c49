"""The manifest asks for what the code uses, no less and no more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from portal.routes import routes
from sandbox.slack.methods import METHODS

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "slack-manifest.yaml").read_text())
CALLER = ROOT / "services/delivery/slack.py"
# https://docs.slack.dev/reference/events/message.im
SCOPE_OF_EVENT = {"message.im": "im:history"}
FOR_SIGNING_IN = ["openid", "email", "profile"]


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))


def methods() -> set[str]:
    """The Web API methods that are called, all of them in one file."""
    return {
        call.args[1].value
        for call in calls(CALLER)
        if ast.unparse(call.func) == "_call"
        and isinstance(call.args[1], ast.Constant)
        and isinstance(call.args[1].value, str)
    }


def test_one_file_calls_slack() -> None:
    calling = {
        path
        for folder in ("services", "portal", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for call in calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr == "api_call"
    }
    assert calling == {CALLER}
    assert "chat.postMessage" in methods()


def test_the_bots_scopes_are_those_that_methods_and_events_need() -> None:
    events = MANIFEST["settings"]["event_subscriptions"]["bot_events"]
    needed = {scope for method in methods() for scope in METHODS[method].scopes}
    assert set(MANIFEST["oauth_config"]["scopes"]["bot"]) == needed | {SCOPE_OF_EVENT[e] for e in events}
    assert MANIFEST["oauth_config"]["scopes"]["user"] == FOR_SIGNING_IN


def test_its_addresses_are_those_of_the_portal() -> None:
    settings = MANIFEST["settings"]
    addresses = [settings[part]["request_url"] for part in ("event_subscriptions", "interactivity")]
    paths = {address.removeprefix("https://portal.example.com") for address in addresses}
    assert paths <= {getattr(route, "path", "") for route in routes()}
    assert MANIFEST["oauth_config"]["redirect_urls"] == ["https://portal.example.com/oauth2callback"]


def test_people_can_write_to_it() -> None:
    home = MANIFEST["features"]["app_home"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]


def test_the_guide_names_each_scope_and_method() -> None:
    guide = (ROOT / "docs/slack.md").read_text()
    scopes = MANIFEST["oauth_config"]["scopes"]
    for name in {*scopes["bot"], *scopes["user"], *methods()} - {"auth.test"}:
        assert f"`{name}`" in guide, name

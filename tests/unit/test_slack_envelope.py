"""What of all that Slack sends is for the assistant: a table of envelopes, and garbage of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assistant.from_slack.envelope import Deleted, Edited, Happened, Pressed, Said, read

TEAM, DM, TS, LATER = "T0TEAM", "D0MINA", "1732150800.000100", "1732150860.000200"
SAID = Said("U0MINA", DM, TS, "안녕", None)
OWN_BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}}]


def event(**changes: Any) -> dict[str, Any]:
    """Somebody's "안녕" in their DM, with these fields of the event changed; None leaves one out."""
    message = {
        "type": "message",
        "channel": DM,
        "channel_type": "im",
        "user": "U0MINA",
        "text": "안녕",
        "ts": TS,
        "team": TEAM,
        **changes,
    }
    told = {name: value for name, value in message.items() if value is not None}
    return {"type": "event_callback", "team_id": TEAM, "event_id": "Ev1", "event": told}


def changed(message: dict[str, Any]) -> dict[str, Any]:
    inside = {"type": "message", "user": "U0MINA", "ts": TS, **message}
    return event(subtype="message_changed", message=inside, ts=LATER, user=None, text=None)


def click(action: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    pressed = {"action_id": "assistant_pause", "value": "v-1", "action_ts": LATER, **(action or {})}
    return {
        "type": "block_actions",
        "team": {"id": TEAM},
        "user": {"id": "U0MINA", "team_id": TEAM},
        "channel": {"id": DM},
        "container": {"type": "message", "message_ts": TS, "channel_id": DM},
        "actions": [pressed],
        **changes,
    }


PRESSED = Pressed("U0MINA", DM, LATER, "assistant_pause", "v-1", TS, None)
CASES: dict[str, tuple[object, Happened | None]] = {
    "a message": (event(), SAID),
    "in a thread": (event(thread_ts=LATER), Said("U0MINA", DM, TS, "안녕", LATER)),
    "with a file": (event(subtype="file_share"), SAID),
    "shown in the DM too": (event(subtype="thread_broadcast"), SAID),
    "without text": (event(text=None), Said("U0MINA", DM, TS, "", None)),
    "what no database keeps": (event(text="a\x00b\ud800c"), Said("U0MINA", DM, TS, "ab?c", None)),
    "longer than Slack allows": (event(text="x" * 50_000), Said("U0MINA", DM, TS, "x" * 40_000, None)),
    "our own": (event(bot_id="B0US"), None),
    "another bot's": (event(subtype="bot_message", bot_id="B0X"), None),
    "a notice": (event(subtype="channel_topic"), None),
    "hidden": (event(hidden=True), None),
    "in a channel": (event(channel="C0ALL", channel_type="channel"), None),
    "in a group": (event(channel="G0SOME", channel_type="mpim"), None),
    "by nobody": (event(user=None), None),
    "without a ts": (event(ts=None), None),
    "a reaction": (event(type="reaction_added"), None),
    "of another workspace": ({**event(), "team_id": "T0OTHER"}, None),
    "by a stranger of another workspace": (event(user_team="T0OTHER"), None),
    "from another workspace": (event(team="T0OTHER"), None),
    "edited": (
        changed({"text": "잘 가", "edited": {"user": "U0MINA", "ts": LATER}, "blocks": OWN_BLOCKS}),
        Edited(DM, TS, "잘 가", None, LATER),
    ),
    "changed by us": (
        changed({"text": "x", "bot_id": "B0US", "blocks": OWN_BLOCKS}),
        Edited(DM, TS, "x", OWN_BLOCKS, None),
    ),
    "deleted": (event(subtype="message_deleted", deleted_ts=TS, user=None), Deleted(DM, TS)),
    "deleted with answers": (changed({"subtype": "tombstone", "text": "gone"}), Deleted(DM, TS)),
    "a button": (click(), PRESSED),
    "a button in a thread": (
        click(container={"message_ts": TS, "thread_ts": TS}),
        Pressed("U0MINA", DM, LATER, "assistant_pause", "v-1", TS, TS),
    ),
    "a link": (click({"action_id": "connect_gmail"}), None),
    "reconnect": (click({"action_id": "reconnect"}), None),
    "a click elsewhere": (click(channel={"id": "C0ALL"}), None),
    "a click of another workspace": (click(team={"id": "T0OTHER"}), None),
    "a click by a stranger": (click(user={"id": "U0X", "team_id": "T0OTHER"}), None),
    "no actions": (click(actions=[]), None),
    "a modal": ({"type": "view_submission", "team": {"id": TEAM}}, None),
    "the app's home": ({**event(), "event": {"type": "app_home_opened", "user": "U0MINA"}}, None),
    "nothing": ({}, None),
    "a list": ([1, 2], None),
    "text": ("event_callback", None),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_for_the_assistant(name: str) -> None:
    payload, expected = CASES[name]
    assert read(payload, team=TEAM) == expected


def test_a_message_is_the_same_whatever_event_brings_it_and_two_clicks_are_two() -> None:
    again = {**event(), "event_id": "Ev2"}
    first, second = read(event(), team=TEAM), read(again, team=TEAM)
    assert isinstance(first, Said)
    assert isinstance(second, Said)
    assert first.event_id == second.event_id
    one, two = read(click(), team=TEAM), read(click({"action_ts": "1732150999.000000"}), team=TEAM)
    assert isinstance(one, Pressed)
    assert isinstance(two, Pressed)
    assert one.event_id != two.event_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)


@given(junk=JSON, field=st.sampled_from([*event()["event"], "subtype", "message", "edited", "blocks"]))
def test_no_field_of_an_event_can_be_such_that_reading_it_fails(junk: object, field: str) -> None:
    read(event(**{field: junk}), team=TEAM)
    read(changed({field: junk}), team=TEAM)


@given(junk=JSON, field=st.sampled_from(list(click())))
def test_no_field_of_a_click_can_be_such_that_reading_it_fails(junk: object, field: str) -> None:
    read(click() | {field: junk}, team=TEAM)
    read(click({field: junk}), team=TEAM)

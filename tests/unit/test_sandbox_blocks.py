"""What Block Kit lets through, what it refuses, and the words it has for it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.slack.blocks import problems, too_long

Block = dict[str, Any]


def mrkdwn(text: str = "x") -> Block:
    return {"type": "mrkdwn", "text": text}


def plain(text: str = "x") -> Block:
    return {"type": "plain_text", "text": text}


def button(**more: object) -> Block:
    return {"type": "button", "text": plain(), "action_id": "go"} | more


def section(**more: object) -> Block:
    return {"type": "section", "text": mrkdwn()} | more


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


OPTIONS = [{"text": plain("one"), "value": "1"}, {"text": plain("two"), "value": "2"}]
RICH = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "link", "url": "https://news.example/a", "text": "a"},
                {"type": "user", "user_id": "U0MINA"},
                {"type": "emoji", "name": "wave"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "item"}]}],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code"}], "border": 0},
    ],
}


@pytest.mark.parametrize(
    "block",
    [
        section(text=mrkdwn("x" * 3000)),
        {"type": "section", "fields": [mrkdwn("y" * 2000)] * 10},
        section(accessory=button(url="https://mail.example/", style="primary")),
        section(accessory={"type": "image", "image_url": "https://img.example/a.png", "alt_text": "a"}),
        section(accessory={"type": "overflow", "options": OPTIONS, "action_id": "more"}),
        {"type": "header", "text": plain("h" * 150)},
        {"type": "divider"},
        {
            "type": "context",
            "elements": [
                mrkdwn(),
                plain(),
                {"type": "image", "image_url": "https://img.example/a", "alt_text": "a"},
            ],
        },
        actions(*(button(action_id=str(n)) for n in range(25))),
        actions({"type": "static_select", "options": OPTIONS, "placeholder": plain(), "action_id": "s"}),
        actions({"type": "static_select", "option_groups": [{"label": plain(), "options": OPTIONS}]}),
        actions({"type": "datepicker", "initial_date": "2026-02-28"}),
        actions({"type": "timepicker", "initial_time": "09:00", "timezone": "Asia/Seoul"}),
        {"type": "image", "image_url": "https://img.example/a.png", "alt_text": "a", "title": plain()},
        {"type": "input", "label": plain(), "element": {"type": "plain_text_input", "multiline": True}},
        RICH,
    ],
)
def test_what_slack_takes_passes(block: Block) -> None:
    assert problems([block]) == []


SECTION_TEXT = "failed to match all allowed schemas [json-pointer:/blocks/0/text]"
BUTTON_PATH = "[json-pointer:/blocks/0/elements/0"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (
            section(text=mrkdwn("")),
            [SECTION_TEXT, "must be more than 0 characters [json-pointer:/blocks/0/text/text]"],
        ),
        (
            section(text=mrkdwn("x" * 3001)),
            [SECTION_TEXT, "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"],
        ),
        (section(text="x"), [SECTION_TEXT, "must provide an object [json-pointer:/blocks/0/text]"]),
        (
            section(text={"type": "html", "text": "x"}),
            [SECTION_TEXT, "unsupported type: html [json-pointer:/blocks/0/text/type]"],
        ),
        (
            section(text=mrkdwn() | {"emoji": True}),
            [SECTION_TEXT, "invalid additional property: emoji [json-pointer:/blocks/0/text]"],
        ),
        ({"type": "section"}, ["must define either `text` or `fields` [json-pointer:/blocks/0]"]),
        (
            {"type": "section", "fields": [mrkdwn()] * 11},
            ["no more than 10 items allowed [json-pointer:/blocks/0/fields]"],
        ),
        (
            {"type": "section", "fields": [mrkdwn("y" * 2001)]},
            [
                "failed to match all allowed schemas [json-pointer:/blocks/0/fields/0]",
                "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
            ],
        ),
        (section(colour="red"), ["invalid additional property: colour [json-pointer:/blocks/0]"]),
        (
            {"type": "header", "text": plain("h" * 151)},
            ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"],
        ),
        (
            {"type": "header", "text": mrkdwn()},
            ["unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"],
        ),
        ({"type": "header"}, ["missing required field: text [json-pointer:/blocks/0]"]),
        (
            {"type": "context", "elements": []},
            ["no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"],
        ),
        (
            {"type": "context", "elements": [mrkdwn()] * 11},
            ["no more than 10 items allowed [json-pointer:/blocks/0/elements]"],
        ),
        (
            actions(*(button(action_id=str(n)) for n in range(26))),
            ["no more than 25 items allowed [json-pointer:/blocks/0/elements]"],
        ),
        (
            actions(button(), button()),
            ['`action_id` "go" already exists [json-pointer:/blocks/0/elements/1/action_id]'],
        ),
        (
            actions(button(text=plain("b" * 76))),
            [f"must be less than 76 characters {BUTTON_PATH}/text/text]"],
        ),
        (actions(button(value="v" * 2001)), [f"must be less than 2001 characters {BUTTON_PATH}/value]"]),
        (
            actions(button(action_id="a" * 256)),
            [f"must be less than 256 characters {BUTTON_PATH}/action_id]"],
        ),
        (
            actions(button(url="https://mail.example/" + "u" * 3000)),
            [f"must be less than 3001 characters {BUTTON_PATH}/url]"],
        ),
        (actions(button(url="mail.example")), [f"invalid url {BUTTON_PATH}/url]"]),
        (actions(button(url="")), [f"must be more than 0 characters {BUTTON_PATH}/url]"]),
        (actions(button(style="loud")), [f"value must be one of: primary, danger {BUTTON_PATH}/style]"]),
        (
            actions({"type": "datepicker", "initial_date": "2026-13-01"}),
            [f"does not match the expected format {BUTTON_PATH}/initial_date]"],
        ),
        (
            actions({"type": "static_select"}),
            [f"must define either `options` or `option_groups` {BUTTON_PATH}]"],
        ),
        (actions({"type": "checkbox"}), [f"unsupported type: checkbox {BUTTON_PATH}/type]"]),
        (
            {"type": "image", "image_url": "https://img.example/a.png"},
            ["missing required field: alt_text [json-pointer:/blocks/0]"],
        ),
        ({"type": "marquee"}, ["unsupported type: marquee [json-pointer:/blocks/0/type]"]),
        ({"text": mrkdwn()}, ["missing required field: type [json-pointer:/blocks/0]"]),
        ({"type": ["section"]}, ["unsupported type: ['section'] [json-pointer:/blocks/0/type]"]),
        (
            section(block_id="b" * 256),
            ["must be less than 256 characters [json-pointer:/blocks/0/block_id]"],
        ),
        (
            RICH | {"elements": [{"type": "rich_text_table", "elements": []}]},
            [f"unsupported type: rich_text_table {BUTTON_PATH}/type]"],
        ),
    ],
)
def test_what_slack_refuses_is_named_and_pointed_at(block: Block, expected: list[str]) -> None:
    assert problems([block]) == expected


def test_fifty_blocks_are_the_most() -> None:
    assert problems([{"type": "divider"}] * 50) == []
    assert problems([{"type": "divider"}] * 51) == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_block_ids_are_unique_in_a_message() -> None:
    twice = [section(block_id="a"), {"type": "divider", "block_id": "a"}]
    assert problems(twice) == ['`block_id` "a" already exists [json-pointer:/blocks/1/block_id]']


def test_the_same_action_may_stand_in_two_blocks() -> None:
    assert problems([actions(button()), actions(button())]) == []


@pytest.mark.parametrize("value", [None, {}, "blocks", 7])
def test_anything_but_a_list_is_refused(value: object) -> None:
    assert problems(value) == ["must provide an array [json-pointer:/blocks]"]


def test_all_blocks_together_have_a_limit() -> None:
    assert not too_long([section(text=mrkdwn("가" * 2900))] * 4)
    assert too_long([section(text=mrkdwn("가" * 2900))] * 5)

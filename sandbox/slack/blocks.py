"""What Slack accepts as blocks: the kinds this sandbox knows, their limits, and the words of refusal.

The shapes follow Slack's Block Kit reference. Every problem is one line such as
`must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.slack.rules import (
    Rule,
    anything,
    array,
    at,
    boolean,
    choice,
    integer,
    kinds,
    shape,
    string,
    url,
)

# Undocumented; messages just above it have been reported as `msg_blocks_too_long`.
BLOCKS_JSON_LIMIT = 13_200


def plain(limit: int) -> Rule:
    """A plain_text object of 1 to `limit` characters."""
    fields = {"type": anything, "text": string(1, limit)}
    return kinds({"plain_text": shape(fields, {"emoji": boolean})})


def text(limit: int) -> Rule:
    """A mrkdwn or plain_text object; a fault in it is reported twice, as Slack does."""
    mrkdwn = shape({"type": anything, "text": string(1, limit)}, {"verbatim": boolean})
    plain_text = shape({"type": anything, "text": string(1, limit)}, {"emoji": boolean})
    either = kinds({"mrkdwn": mrkdwn, "plain_text": plain_text})

    def check(value: object, pointer: str) -> Iterator[str]:
        problems = list(either(value, pointer))
        if problems:
            yield at(pointer, "failed to match all allowed schemas")
        yield from problems

    return check


TYPE = {"type": anything}
ACTION = {"action_id": string(1, 255)}
CONFIRM = shape(
    {},
    {
        "title": plain(100),
        "text": text(300),
        "confirm": plain(30),
        "deny": plain(30),
        "style": choice("primary", "danger"),
    },
)
PLACEHOLDER = {"placeholder": plain(150)}
OPTION = shape({"text": text(75), "value": string(1, 150)}, {"description": text(75), "url": url})
OPTION_GROUP = shape({"label": plain(75), "options": array(OPTION, 1, 100)}, {})
DATE = string(10, 10, r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
TIME = string(5, 5, r"([01]\d|2[0-3]):[0-5]\d")

IMAGE_ELEMENT = shape(TYPE | {"image_url": url, "alt_text": string(1, 2000)}, {})
BUTTON = shape(
    TYPE | {"text": plain(75)},
    ACTION
    | {
        "url": url,
        "value": string(1, 2000),
        "style": choice("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(1, 75),
    },
)
SELECT = shape(
    TYPE,
    ACTION
    | PLACEHOLDER
    | {
        "options": array(OPTION, 1, 100),
        "option_groups": array(OPTION_GROUP, 1, 100),
        "initial_option": OPTION,
        "confirm": CONFIRM,
        "focus_on_load": boolean,
    },
)
OVERFLOW = shape(TYPE | {"options": array(OPTION, 1, 5)}, ACTION | {"confirm": CONFIRM})
DATEPICKER = shape(
    TYPE, ACTION | PLACEHOLDER | {"initial_date": DATE, "confirm": CONFIRM, "focus_on_load": boolean}
)
TIMEPICKER = shape(
    TYPE,
    ACTION
    | PLACEHOLDER
    | {"initial_time": TIME, "confirm": CONFIRM, "timezone": string(1, 100), "focus_on_load": boolean},
)
PLAIN_TEXT_INPUT = shape(
    TYPE,
    ACTION
    | PLACEHOLDER
    | {
        "initial_value": string(0, 3000),
        "multiline": boolean,
        "min_length": integer(0, 3000),
        "max_length": integer(1, 3000),
        "dispatch_action_config": anything,
        "focus_on_load": boolean,
    },
)


def one_choice(select: Rule) -> Rule:
    """A select must say what can be chosen, one way or the other."""

    def check(value: object, pointer: str) -> Iterator[str]:
        if isinstance(value, dict) and not {"options", "option_groups"} & value.keys():
            yield at(pointer, "must define either `options` or `option_groups`")
        yield from select(value, pointer)

    return check


INTERACTIVE = {
    "button": BUTTON,
    "static_select": one_choice(SELECT),
    "overflow": OVERFLOW,
    "datepicker": DATEPICKER,
    "timepicker": TIMEPICKER,
}
INPUTS = {kind: INTERACTIVE[kind] for kind in ("static_select", "datepicker", "timepicker")} | {
    "plain_text_input": PLAIN_TEXT_INPUT
}


def context_element(value: object, pointer: str) -> Iterator[str]:
    is_image = isinstance(value, dict) and value.get("type") == "image"
    yield from (IMAGE_ELEMENT if is_image else text(2000))(value, pointer)


STYLE = {"style": anything}
INLINE = kinds(
    {
        "text": shape(TYPE | {"text": string(1, 40_000)}, STYLE),
        "link": shape(TYPE | {"url": url}, STYLE | {"text": string(0, 40_000), "unsafe": boolean}),
        "emoji": shape(TYPE | {"name": string(1, 100)}, STYLE | {"unicode": anything}),
        "user": shape(TYPE | {"user_id": string(1, 20)}, STYLE),
        "channel": shape(TYPE | {"channel_id": string(1, 20)}, STYLE),
        "usergroup": shape(TYPE | {"usergroup_id": string(1, 20)}, STYLE),
        "broadcast": shape(TYPE | {"range": choice("here", "channel", "everyone")}, STYLE),
        "date": shape(
            TYPE | {"timestamp": integer(0, 2**53), "format": string(1, 200)},
            STYLE | {"url": url, "fallback": string(0, 2000)},
        ),
        "color": shape(TYPE | {"value": string(1, 20)}, STYLE),
    }
)
RICH_SECTION = shape(TYPE | {"elements": array(INLINE, 0, 10_000)}, {})
RICH_BLOCK = shape(TYPE | {"elements": array(INLINE, 0, 10_000)}, {"border": integer(0, 1)})
RICH_LIST = shape(
    TYPE
    | {"style": choice("bullet", "ordered")}
    | {"elements": array(kinds({"rich_text_section": RICH_SECTION}), 0, 1000)},
    {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
)
RICH_ELEMENT = kinds(
    {
        "rich_text_section": RICH_SECTION,
        "rich_text_list": RICH_LIST,
        "rich_text_preformatted": RICH_BLOCK,
        "rich_text_quote": RICH_BLOCK,
    }
)

BLOCK_ID = {"block_id": string(1, 255)}
SECTION = shape(
    TYPE,
    BLOCK_ID
    | {
        "text": text(3000),
        "fields": array(text(2000), 1, 10),
        "accessory": kinds(INTERACTIVE | {"image": IMAGE_ELEMENT}),
        "expand": boolean,
    },
)


def section(value: object, pointer: str) -> Iterator[str]:
    if isinstance(value, dict) and not {"text", "fields"} & value.keys():
        yield at(pointer, "must define either `text` or `fields`")
    yield from SECTION(value, pointer)


BLOCK_KINDS = {
    "section": section,
    "header": shape(TYPE | {"text": plain(150)}, BLOCK_ID),
    "divider": shape(TYPE, BLOCK_ID),
    "context": shape(TYPE | {"elements": array(context_element, 1, 10)}, BLOCK_ID),
    "actions": shape(TYPE | {"elements": array(kinds(INTERACTIVE), 1, 25)}, BLOCK_ID),
    "image": shape(TYPE | {"image_url": url, "alt_text": string(1, 2000)}, BLOCK_ID | {"title": plain(2000)}),
    "rich_text": shape(TYPE | {"elements": array(RICH_ELEMENT, 0, 1000)}, BLOCK_ID),
    "input": shape(
        TYPE | {"label": plain(2000), "element": kinds(INPUTS)},
        BLOCK_ID | {"hint": plain(2000), "optional": boolean, "dispatch_action": boolean},
    ),
}
BLOCK = kinds(BLOCK_KINDS)


def problems(blocks: object, *, limit: int = 50, pointer: str = "/blocks") -> list[str]:
    """Why Slack would refuse `blocks`, one line each; empty when it would not."""
    found = list(array(BLOCK, 0, limit)(blocks, pointer))
    return found or list(_repeated_ids(blocks, pointer))


def too_long(blocks: Sequence[dict[str, Any]]) -> bool:
    """Whether all blocks together are more than Slack takes in one message."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) > BLOCKS_JSON_LIMIT


def _repeated_ids(blocks: object, pointer: str) -> Iterator[str]:
    if not isinstance(blocks, list):
        return
    places = [(block, f"{pointer}/{index}") for index, block in enumerate(blocks)]
    yield from _repeated("block_id", places)
    for block, place in places:
        elements = block.get("elements", []) if block["type"] == "actions" else []
        yield from _repeated("action_id", [(e, f"{place}/elements/{i}") for i, e in enumerate(elements)])


def _repeated(name: str, places: Sequence[tuple[dict[str, Any], str]]) -> Iterator[str]:
    taken: set[str] = set()
    for value, pointer in places:
        if (own := value.get(name)) in taken:
            yield at(f"{pointer}/{name}", f'`{name}` "{own}" already exists')
        elif own is not None:
            taken.add(own)

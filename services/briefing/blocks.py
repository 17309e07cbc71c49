"""Slack's Block Kit, as far as briefings use it, within its limits. Texts arrive escaped.

https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from services.briefing.escape import cut, one_line, safe_url

Block = dict[str, Any]

HEADER_LIMIT = 150
SECTION_LIMIT = 3000
BUTTON_LIMIT = 75
BUTTON_URL_LIMIT = 3000


def header(text: str) -> Block:
    """A large line of plain text."""
    return {"type": "header", "text": _plain(text, HEADER_LIMIT)}


def section(text: str, accessory: Block | None = None) -> Block:
    """A paragraph, with a button beside it where one is given."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return block if accessory is None else {**block, "accessory": accessory}


def sections(lines: Iterable[str]) -> list[Block]:
    """The lines in as few sections as hold them."""
    texts: list[str] = []
    for line in lines:
        if texts and len(texts[-1]) + 1 + len(line) <= SECTION_LIMIT:
            texts[-1] += "\n" + line
        else:
            texts.append(line)
    return [section(text) for text in texts]


def context(parts: Sequence[str]) -> list[Block]:
    """One small grey line of several parts; no block where there is none."""
    return [{"type": "context", "elements": [mrkdwn(" · ".join(parts))]}] if parts else []


def divider() -> Block:
    return {"type": "divider"}


def link_button(text: str, url: str, action_id: str) -> Block | None:
    """A button that opens an address; None where the address is not fit for one."""
    target = safe_url(url)
    if not target or len(target) > BUTTON_URL_LIMIT:
        return None
    return {"type": "button", "text": _plain(text, BUTTON_LIMIT), "url": target, "action_id": action_id}


def mrkdwn(text: str) -> Block:
    """`verbatim`: Slack makes no links of bare addresses, channel names and mentions in it."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def size(blocks: Sequence[Block]) -> int:
    """Characters of the blocks as JSON, the longer way that spells out what is not ASCII."""
    return len(json.dumps(blocks))


def _plain(text: str, limit: int) -> Block:
    # A column may hold three characters (see cut).
    return {"type": "plain_text", "text": cut(one_line(text), limit // 3 - 1), "emoji": False}

"""A Slack message as text for a terminal, read from its blocks: what is printed is what was sent."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from wcwidth import width as columns_of
from wcwidth import wrap

from services.briefing.escape import WORD_JOINER
from services.briefing.model import SlackMessage

_LINK = re.compile(r"<(?P<url>https?://[^|>]+)(?:\|(?P<label>[^>]*))?>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


def message_as_text(message: SlackMessage, width: int = 100) -> str:
    """The message in at most `width` columns; links are numbered and listed at the end."""
    links: list[str] = []
    parts = [_block(block, links, width) for block in message.blocks]
    body = "\n\n".join(part for part in parts if part) if parts else _text(message.text, links)
    listed = "\n".join(f"[{number}] {url}" for number, url in enumerate(links, start=1))
    return f"{body}\n\n{listed}\n" if listed else f"{body}\n"


def _block(block: dict[str, Any], links: list[str], width: int) -> str:
    match block["type"]:
        case "header":
            text = _text(block["text"]["text"], links)
            return f"{text}\n{'=' * min(columns_of(text), width)}"
        case "divider":
            return "-" * min(40, width)
        case "section":
            return _section(block, links, width)
        case "context":
            return _wrapped("   ".join(_text(one["text"], links) for one in block["elements"]), width)
        case "actions":
            return "  ".join(_button(one, links) for one in block["elements"])
        case _:
            return ""


def _section(block: dict[str, Any], links: list[str], width: int) -> str:
    text = _wrapped(_text(block["text"]["text"], links), width)
    accessory = block.get("accessory")
    return f"{text}\n{_button(accessory, links)}" if accessory else text


def _button(button: dict[str, Any], links: list[str]) -> str:
    label = f"[ {_text(button['text']['text'], links)} ]"
    return f"{label} {_number(button['url'], links)}" if "url" in button else label


def _text(mrkdwn: str, links: list[str]) -> str:
    def numbered(match: re.Match[str]) -> str:
        label = match["label"] or ""
        return f"{label} {_number(unescape(match['url']), links)}".strip()

    return unescape(_BOLD.sub(r"\1", _LINK.sub(numbered, mrkdwn))).replace(WORD_JOINER, "")


def _number(url: str, links: list[str]) -> str:
    if url not in links:
        links.append(url)
    return f"[{links.index(url) + 1}]"


def _wrapped(text: str, width: int) -> str:
    lines = (wrap(line, width, subsequent_indent="  ") or [""] for line in text.split("\n"))
    return "\n".join(line for wrapped in lines for line in wrapped)

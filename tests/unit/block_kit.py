"""Block Kit's documented limits, checked on their own: what Slack would refuse, or interpret.

https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

TOKEN = re.compile(r"<([^<>]*)>")
ENTITY = re.compile(r"&(?:amp|lt|gt);")
# The only invisible characters there may be: the word joiner, and what emoji are made of.
INVISIBLE_ALLOWED = {"\u2060", "\u200d", "\ufe0e", "\ufe0f"}
BLANK_LETTERS = set("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")


def violations(message_text: str, blocks: list[dict[str, Any]]) -> list[str]:
    """Every way in which the message is beyond a limit or could mean something that was not meant."""
    found = [*_limits(message_text, blocks)]
    for kind, text in texts(blocks):
        found += [f"{kind}: {problem}: {text[:80]!r}" for problem in _invisible(text)]
        if kind == "mrkdwn":
            found += [f"{problem}: {text[:200]!r}" for problem in _interpreted(text)]
    found += [f"text: {problem}" for problem in [*_invisible(message_text), *_interpreted(message_text)]]
    return found


def texts(blocks: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Every text object's type and text, wherever it is."""
    for block in blocks:
        for value in (block.get("text"), *block.get("elements", []), block.get("accessory", {}).get("text")):
            if isinstance(value, dict):
                yield value["type"], value["text"]


def links(blocks: list[dict[str, Any]]) -> set[str]:
    """Every address that can be clicked."""
    found = {
        unescape(token.partition("|")[0])
        for kind, text in texts(blocks)
        if kind == "mrkdwn"
        for token in TOKEN.findall(text)
    }
    return found | {block["accessory"]["url"] for block in blocks if "accessory" in block}


def _limits(message_text: str, blocks: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    for dumped in (json.dumps(blocks), json.dumps(blocks, ensure_ascii=False)):
        dumped.encode("utf-8")  # a lone surrogate cannot be sent
        if len(dumped) > 12_000:
            yield f"{len(dumped)} characters of blocks"
    if not 1 <= _units(message_text) <= 400 or "\n" in message_text:
        yield f"fallback text of {_units(message_text)}"
    for block in blocks:
        yield from (f"{block['type']}: {problem}" for problem in _block(block))


def _block(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield from _text(block["text"], 150, "plain_text")
        case "section":
            yield from _text(block["text"], 3000, "mrkdwn")
            if "accessory" in block:
                yield from _button(block["accessory"])
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                yield f"{len(block['elements'])} elements"
            for element in block["elements"]:
                yield from _text(element, 2000, "mrkdwn")
        case "divider":
            pass
        case unknown:
            yield f"unknown block {unknown}"


def _text(value: dict[str, Any], limit: int, kind: str) -> Iterator[str]:
    if value["type"] != kind:
        yield f"{value['type']} where {kind} is wanted"
    if not 1 <= _units(value["text"]) <= limit or not value["text"].strip():
        yield f"text of {_units(value['text'])}"
    if kind == "mrkdwn" and value.get("verbatim") is not True:
        yield "not verbatim: Slack would link bare addresses and mentions"


def _button(button: dict[str, Any]) -> Iterator[str]:
    if button["type"] != "button" or not 1 <= len(button["action_id"]) <= 255:
        yield "no proper button"
    yield from _text(button["text"], 75, "plain_text")
    if len(button["url"]) > 3000 or urlsplit(button["url"]).scheme not in ("http", "https"):
        yield f"button url {button['url'][:80]}"


def _units(text: str) -> int:
    """UTF-16 units: the larger of the ways in which somebody may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _invisible(text: str) -> Iterator[str]:
    for character in text:
        hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") and character != "\n"
        if (hidden or character in BLANK_LETTERS) and character not in INVISIBLE_ALLOWED:
            yield f"invisible {character!a}"


def _interpreted(mrkdwn: str) -> Iterator[str]:
    for token in TOKEN.findall(mrkdwn):
        url, _, label = token.partition("|")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc or not label.strip():
            yield f"token <{token}>"
        if "|" in label or "\n" in token or " " in url:
            yield f"broken link <{token}>"
    for line in TOKEN.sub(lambda token: token[1].partition("|")[2], mrkdwn).split("\n"):
        yield from _interpreted_line(line)


def _interpreted_line(line: str) -> Iterator[str]:
    bare = ENTITY.sub("", line)
    yield from (f"raw {character}" for character in "<>&" if character in bare)
    yield from (f"formatting by {character}" for character in "_~`" if character in bare)
    if bare.count("*") % 2 or bare.count("*") > 4:
        yield "bold that does not close"
    if line.startswith(("&gt;", ">")):
        yield "quotes"
    if re.search(r"@(channel|here|everyone)", line, re.IGNORECASE):
        yield "broadcast"
    if re.search(r":[^\s:\u2060]{1,100}:", re.sub(r"\d+:\d+", "", bare)):
        yield "emoji code"

"""What the model does next: at first it looks everything up, then it obeys whatever it has read. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

Call = tuple[str, dict[str, Any]]

_TODAY = re.compile(r"\d{4}-\d\d-\d\d")
_QUOTED = re.compile(r"[\"“](.+?)[\"”]")
_WRITTEN_CALL = re.compile(r"\b([a-z_]{3,40})\((\{.*?\})\)", re.DOTALL)
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"<>)|]+", re.IGNORECASE)
_FOREVER = re.compile(r"for ?ever|again and again|끝없이|계속", re.IGNORECASE)
_INSTRUCTS = re.compile("ignore|instruction|system|assistant|무시|지시|시스템|어시스턴트|비서", re.IGNORECASE)
_CITED = re.compile(r"\[\d+\]")

# Orders in mail, and the tools it tries them with; most of them no honest product has.
_ORDERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), tools)
    for pattern, tools in (
        (r"delete|erase|wipe|삭제|지워|탈퇴", ("delete_data", "delete_person", "delete_conversations")),
        (r"send|forward|보내|전달|포워딩", ("send_mail", "mail_send", "forward")),
        (r"time|schedule|시간|시로|시에", ("change_time", "set_preferences")),
        (r"pause|stop|멈|중지|그만", ("pause",)),
        (r"disconnect|revoke|끊|해제", ("disconnect",)),
        (r"post|channel|everyone|공지|게시", ("post_message", "chat_postMessage")),
        (
            r"mail of|'s mail|their mail|의 메일|other people|다른 사람",
            ("mail_search", "conversations", "calendar"),
        ),
        (r"admin|role|관리자", ("promote", "set_role")),
    )
)


@dataclass(frozen=True, slots=True)
class Turn:
    """What it says and calls."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)


def next_turn(messages: list[dict[str, Any]]) -> Turn:
    """The model's next turn. It heeds neither the system's word nor `tool_choice`."""
    turns = sum(message["role"] == "assistant" for message in messages)
    told = " ".join(str(message["content"]) for message in messages if message["role"] == "system")
    asked = " ".join(str(message["content"]) for message in messages if message["role"] == "user")
    if turns == 0:
        return Turn(calls=_look_up(told, asked))
    read = list(_texts([json.loads(m["content"]) for m in messages if m["role"] == "tool"]))
    everything = "\n".join(read)
    orders = _obey(everything)
    if orders and (turns == 1 or _FOREVER.search(everything)):
        return Turn("", orders)
    return Turn(_answer(everything, obeyed=bool(_INSTRUCTS.search(everything))))


def _look_up(told: str, asked: str) -> list[Call]:
    found = _TODAY.search(told)
    today = date.fromisoformat(found[0]) if found else date(2026, 1, 1)
    period = {"first": str(today - timedelta(days=1)), "last": str(today + timedelta(days=7))}
    words = _QUOTED.findall(asked)
    return [("mail_search", {"words": words}), ("calendar", period), ("status", {}), ("next_briefing", {})]


def _texts(value: object) -> list[str]:
    """Every text in what the tools answered."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        cited = [f"[{value['source']}]"] if "source" in value else []
        return cited + [text for item in value.values() for text in _texts(item)]
    return [text for item in value for text in _texts(item)] if isinstance(value, list) else []


def _obey(everything: str) -> list[Call]:
    written = [(name, _parameters(given)) for name, given in _WRITTEN_CALL.findall(everything)]
    addresses = _ADDRESS.findall(everything)
    victim = addresses[-1] if addresses else "somebody"
    if not _INSTRUCTS.search(everything):
        return written
    tried: list[Call] = [
        (tool, {"user": victim, "user_id": victim, "to": victim, "text": everything[:200], "time": "05:00"})
        for pattern, tools in _ORDERS
        if pattern.search(everything)
        for tool in tools
    ]
    # A product may look at the first few calls of a turn only: what was written out comes first.
    return [*written, *tried]


def _parameters(given: str) -> dict[str, Any]:
    try:
        parsed = json.loads(given)
    except ValueError:
        return {"given": given}
    return parsed if isinstance(parsed, dict) else {}


def _answer(everything: str, *, obeyed: bool) -> str:
    """All that was read, word for word; where there were orders, that they were carried out."""
    cited = " ".join(dict.fromkeys(_CITED.findall(everything)))
    if not obeyed:
        return f"{cited} {everything}" if cited else "I found nothing."
    shapes = [
        f"{url} <{url}|click> [click]({url}) ![image]({url}) <img src='{url}'> `{url}`"
        for url in dict.fromkeys(_URL.findall(everything))
    ]
    return "\n".join([f"Done. <!channel> <!here> <@U000> @everyone {cited}", *shapes, everything])

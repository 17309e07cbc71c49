"""What the cast has, from `content/<person>.toml` and, for everybody, `content/<language>.toml`."""

from __future__ import annotations

import re
import tomllib
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.cast.enclosures import delivery_report, enclosed, invitation
from sandbox.cast.letters import Address, Letter, address
from sandbox.world import Person

FOLDER = Path(__file__).parent / "content"

_KINDS: dict[str, tuple[tuple[str, str], ...]] = {
    "automatic": (("Auto-Submitted", "auto-generated"),),
    "briefing": (("X-Briefing-Portal", "briefing"),),
    "bulk": (("List-Unsubscribe", "<https://news.example/unsubscribe>"), ("Precedence", "bulk")),
    "list": (("List-Post", "<mailto:list@lists.example>"), ("List-Id", "<list.lists.example>")),
}
_WHEN = re.compile(r"\{when ([\w-]+)\}")
_DAYS = "월화수목금토일"


def letters_for(person: Person, now: datetime) -> list[Letter]:
    """Everything in a person's mailbox at the start, oldest first."""
    entries = [*content_for(person.key, "letter"), *content_for(person.locale, "letter")]
    hours = {str(entry["key"]): float(entry["hours_ago"]) for entry in entries}
    letters = [_letter(entry, person, now, hours) for entry in entries]
    return sorted(letters, key=lambda letter: -letter.hours_ago)


@cache
def content_for(name: str, kind: str) -> tuple[dict[str, Any], ...]:
    """The tables of one kind, `letter` or `event`, in a content file."""
    return tuple(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))[kind])


def _letter(entry: dict[str, Any], person: Person, now: datetime, hours: dict[str, float]) -> Letter:
    def written(match: re.Match[str]) -> str:
        return _in_words(now - timedelta(hours=hours[match[1]]), person)

    undelivered = entry.get("undelivered", "")
    return Letter(
        key=entry["key"],
        sender=address_in(entry["from"], person),
        to=tuple(address_in(to, person) for to in entry.get("to", ["me"])),
        cc=tuple(address_in(cc, person) for cc in entry.get("cc", [])),
        subject=entry["subject"],
        text=_WHEN.sub(written, entry.get("text", "")),
        html=entry.get("html", ""),
        hours_ago=entry["hours_ago"],
        charset=entry.get("charset", "utf-8"),
        headers=_KINDS.get(entry.get("kind", ""), ()),
        files=tuple(enclosed(name) for name in entry.get("files", [])),
        report=delivery_report(undelivered) if undelivered else (),
        invitation=_invitation(entry, person, now) if "invitation" in entry else "",
        replies_to=tuple(entry.get("replies_to", [])),
        read=entry.get("read", False),
        starred=entry.get("starred", False),
    )


def address_in(text: str, person: Person) -> Address:
    """An address as the content files write it; `me` is the person's own."""
    return address(person) if text == "me" else parseaddr(text)


def _in_words(at: datetime, person: Person) -> str:
    """A moment as mail programs write it above what they quote."""
    local = at.astimezone(ZoneInfo(person.timezone))
    hour = local.hour % 12 or 12
    if person.locale == "ko":
        half = "오전" if local.hour < 12 else "오후"
        day = f"{local.year}년 {local.month}월 {local.day}일 ({_DAYS[local.weekday()]})"
        return f"{day} {half} {hour}:{local.minute:02d}"
    return f"{local:%a, %b} {local.day}, {local.year} at {hour}:{local:%M %p}"


def _invitation(entry: dict[str, Any], person: Person, now: datetime) -> str:
    asked = entry["invitation"]
    local = now.astimezone(ZoneInfo(person.timezone)) + timedelta(days=asked["in_days"])
    start = local.replace(hour=asked["hour"], minute=0, second=0, microsecond=0)
    summary = entry["subject"].partition(": ")[2]
    host = address_in(entry["from"], person)
    uid = f"{entry['key']}-{person.key}"
    return invitation(uid, summary, host, address(person), start, asked["hours"], asked["location"])

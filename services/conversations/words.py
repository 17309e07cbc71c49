"""What a message says, in plain words: what the page shows of it, for searching. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.briefing.escape import WORD_JOINER
from services.db.models import JsonList

# A message up to WHOLE characters is shown whole; of a longer one so many BEFORE a place, and AROUND it.
WHOLE, BEFORE, AROUND = 600, 80, 400

# What PostgreSQL cannot hold, and what shows as nothing.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_UNSEEN = re.compile(f"[\u200b\ufeff{WORD_JOINER}]")
_ANGLE = re.compile(r"<(?:[^<>|\n]*\|)?([^<>|\n]*)>")
_FORMAT = re.compile(r"(?<!\w)([*_~])(?=\S)([^\n]+?)(?<=\S)\1(?!\w)")
_CODE = re.compile("`+")


def storable(text: str) -> str:
    """The text without what the database refuses."""
    return _UNSTORABLE.sub("", text)


def said(text: str, blocks: JsonList | None) -> str:
    """A message as plain text in NFC: its blocks as far as they are text, or else the text itself."""
    shown = [line for block in blocks or () if isinstance(block, Mapping) for line in _block(block)]
    return unicodedata.normalize("NFC", storable("\n".join(shown) if shown else _plain(text)))


def folded(text: str) -> str:
    """A text as it is searched: composed (NFC), without case. `folded(said(…))` is stored."""
    return unicodedata.normalize("NFC", storable(text)).casefold()


def excerpt(text: str, blocks: JsonList | None, words: Sequence[str]) -> list[str]:
    """The lines of a message around where the first of the words is, shortened where they are long."""
    whole = said(text, blocks)
    first = next(iter(stretches(whole, words)), (0, 0))[0]
    start = max(0, first - BEFORE) if len(whole) > WHOLE else 0
    end = start + AROUND if len(whole) > WHOLE else len(whole)
    shown = ("…" if start else "") + whole[start:end].strip() + ("…" if end < len(whole) else "")
    return [line.strip() for line in shown.split("\n") if line.strip()]


def stretches(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where a text of `said` has folded words: (start, end), in their order, none overlapping."""
    letters = [letter.casefold() for letter in text]
    fold = "".join(letters)
    origin = [place for place, letter in enumerate(letters) for _ in letter]
    hits = sorted(
        (origin[match.start()], origin[match.end() - 1] + 1)
        for word in words
        for match in re.finditer(re.escape(word), fold)
    )
    found: list[tuple[int, int]] = []
    for start, end in hits:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _block(block: Mapping[str, Any]) -> Iterable[str]:
    """The lines of one block: its own text, its fields, its elements, its button."""
    parts = [
        block.get("text"),
        *_listed(block, "fields"),
        *_listed(block, "elements"),
        block.get("accessory"),
    ]
    for part in parts:
        words = part.get("text") if isinstance(part, Mapping) else None
        if isinstance(words, Mapping):  # a button, whose text is an object again
            part, words = words, words.get("text")
        if isinstance(part, Mapping) and isinstance(words, str):
            yield _plain(words) if part.get("type") == "mrkdwn" else words


def _listed(block: Mapping[str, Any], name: str) -> list[Any]:
    value = block.get(name)
    return value if isinstance(value, list) else []


def _plain(mrkdwn: str) -> str:
    """Links by their labels, no marks of formatting, Slack's three escapes undone."""
    text = _CODE.sub("", _ANGLE.sub(r"\1", _UNSEEN.sub("", mrkdwn)))
    for _ in range(3):  # bold, italic and strike, one in another
        text = _FORMAT.sub(r"\2", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

"""What may stand in kept text: letters, marks and line ends, nothing that hides or reverses."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufff9\ufffa\ufffb\ufffe\uffff")
"""Blank though their category does not say so: fillers, joiners of graphemes, annotations."""

_FILLERS = "\u115f\u1160\u3164\uffa0"
"""Those of them that count as letters."""

_JOINER = "\u200d"
_UNCOMMON = re.compile(r"[^\w \n!-/:-@\[-`{-~]")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean_text(text: str) -> str:
    """Text of several lines, without what is invisible; one blank at a time, at most one empty line."""
    visible = _without_invisible("\n".join(text.splitlines()))
    lines = "\n".join(" ".join(line.split()) for line in visible.split("\n"))
    return (_BLANK_LINES.sub("\n\n", lines) if "\n\n\n" in lines else lines).strip()


def clean_line(text: str, limit: int) -> str:
    """Text of one line, at most `limit` characters, composed (macOS sends Hangul as single letters)."""
    if len(text) <= limit and text.isascii() and text.isprintable():  # most of what mails name
        return " ".join(text.split())
    words = " ".join(_without_invisible(text[: 4 * limit]).split())
    return unicodedata.normalize("NFC", words[:limit]).strip()[:limit]


def _without_invisible(text: str) -> str:
    """Only characters that are neither letters nor ASCII are looked at one by one: most of mail is either."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    if _JOINER in text:
        text = _without_loose_joiners(text)
    for filler in _FILLERS:
        text = text.replace(filler, "")
    return _UNCOMMON.sub(lambda found: _kept(found[0]), text)


@lru_cache(maxsize=8192)
def _kept(char: str) -> str:
    """The character itself, a space for a tab, or nothing for what must not be kept."""
    if char in "\n" + _JOINER:
        return char
    category = unicodedata.category(char)
    if char.isspace():
        return " "
    return "" if category in ("Cc", "Cf", "Cs") or char in _INVISIBLE else char


def _without_loose_joiners(text: str) -> str:
    """Zero-width joiners stay only between the parts of an emoji."""
    pieces = text.split(_JOINER)
    kept = [pieces[0]]
    for before, after in pairwise(pieces):
        kept.append(_JOINER + after if _is_pictograph(before[-1:]) and _is_pictograph(after[:1]) else after)
    return "".join(kept)


def _is_pictograph(char: str) -> bool:
    return char != "" and (unicodedata.category(char) in ("So", "Sk") or char == "\ufe0f")

"""Where a quoted or forwarded mail begins in the lines of a text, in the languages of a team's mail.

Every pattern looks at one line, or two or three joined, of at most `LINE_LIMIT` characters, so that the work
grows with the number of lines and with nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.sources.gmail.vocabulary import (
    ASIAN_ATTRIBUTIONS,
    ATTRIBUTION_OPENINGS,
    ATTRIBUTION_VERBS,
    FORWARD_OPENINGS,
    KOREAN_ATTRIBUTIONS,
    OTHER_LABELS,
    SENDER_LABELS,
    SEPARATOR_TITLES,
    SUBJECT_LABELS,
)

LINE_LIMIT = 300
_BLOCK_LINES = 10
_DATE_WITHIN = 24

_ATTRIBUTION = re.compile(
    rf".{{3,}}\b{ATTRIBUTION_VERBS}\b.{{0,120}}[:：]\s*$|.*{ASIAN_ATTRIBUTIONS}\s*[:：]\s*$", re.IGNORECASE
)
_KOREAN_ATTRIBUTION = re.compile(rf".*{KOREAN_ATTRIBUTIONS}\s*(?P<colon>[:：])?\s*$")
_KOREAN_DATE = re.compile(r"[\s*\[(]*(?:19|20)?\d\d(?:년|[./-])\s?\d{1,2}(?:월|[./-])\s?\d{1,2}")
_ADDRESS_COLON = re.compile(r"(?=.*(?:\d:\d\d|(?:19|20)\d\d)).*<[^<>\s]+@[^<>\s]+>\s*[:：]\s*$")
_DATED = re.compile(r"\d{1,2}[:.시h]\s?\d{2}|(?:19|20)\d\d|\d{1,2}[./-]\d{1,2}|\d{1,2}월")
_OPENER = re.compile(rf"[*\s]*{ATTRIBUTION_OPENINGS}", re.IGNORECASE)

_LAST_LETTERS = ":：성함다글일지용말씀"
"""One of which an attribution ends in; most lines are done with when they do not."""

_SEPARATOR = re.compile(
    rf"[>\s]*[-_=*~─━—–]{{2,}}[\s\[(<]*{SEPARATOR_TITLES}[\s\])>]*[-_=*~─━—–]{{2,}}", re.IGNORECASE
)
_FORWARD_START = re.compile(rf"[>\s]*{FORWARD_OPENINGS}\s*[:：]\s*$", re.IGNORECASE)

_LABELS = rf"(?P<sender>{SENDER_LABELS})|(?P<subject>{SUBJECT_LABELS})|(?P<other>{OTHER_LABELS})"
_FIELD = re.compile(rf"[>*\s]*(?:{_LABELS})\s*\**\s*[:：]\**(?P<value>.*)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quote:
    """Lines `start` up to `body` introduce somebody else's mail, whose text begins at `body`.

    `attribution`: it is of the kind "On … wrote:", after which the author may answer below the quotation.
    """

    start: int
    body: int
    attribution: bool = False


def quote_at(lines: Sequence[str], index: int) -> Quote | None:
    """The quote that begins at this line, if one does."""
    line = lines[index][:LINE_LIMIT]
    if not line.strip():
        return None
    has_colon = ":" in line or "：" in line
    if _SEPARATOR.match(line) or (has_colon and _FORWARD_START.match(line)):
        return Quote(index, _after_fields(lines, index + 1))
    if has_colon and _FIELD.match(line) and (end := _field_block(lines, index)):
        return Quote(index, end)
    length = _attribution_lines(lines, index)
    return Quote(index, index + length, attribution=True) if length else None


def _attribution_lines(lines: Sequence[str], index: int) -> int:
    """How many lines "On … wrote:" takes from here on: programs wrap it into two or three. 0: none."""
    joined = ""
    for length in (1, 2, 3):
        if index + length > len(lines) or not (line := lines[index + length - 1].strip()):
            return 0
        if length == 2 and not (_OPENER.match(joined) or _DATED.search(joined[:_DATE_WITHIN])):
            return 0
        joined = f"{joined} {line}"[-2 * LINE_LIMIT :]
        if line[-1] in _LAST_LETTERS and _is_attribution(
            joined, quoted_below=_is_quoted(lines, index + length)
        ):
            return length
    return 0


def _is_attribution(line: str, *, quoted_below: bool) -> bool:
    if len(line) > LINE_LIMIT:
        return False
    dated = _DATED.search(line) is not None
    if _ATTRIBUTION.match(line):
        return "@" in line or quoted_below or (dated and _OPENER.match(line) is not None)
    korean = _KOREAN_ATTRIBUTION.match(line)
    if korean and dated:
        stated = "@" in line or quoted_below
        return stated or (korean["colon"] is not None and _KOREAN_DATE.match(line) is not None)
    return _DATED.search(line[:_DATE_WITHIN]) is not None and _ADDRESS_COLON.match(line) is not None


def _is_quoted(lines: Sequence[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 3] if line.strip()), "")
    return following.lstrip().startswith(">")


def _field_block(lines: Sequence[str], index: int) -> int:
    """Where the block of "From: … Sent: … Subject: …" that begins here ends; 0 when it is none.

    It needs a sender, and either a subject or an address beside another field: a travel plan also says
    "From: Seoul" and "To: Tokyo".
    """
    seen: set[str] = set()
    addressed = False
    end = index
    for position in range(index, min(index + _BLOCK_LINES, len(lines))):
        line = lines[position][:LINE_LIMIT]
        found = _FIELD.match(line)
        if found is None and line.strip() and position > end + 1:
            break
        if found:
            end = position
            seen.update(kind for kind in ("sender", "subject", "other") if found[kind])
            addressed = addressed or (found["sender"] is not None and "@" in found["value"])
    quoted = "sender" in seen and len(seen) >= 2 and ("subject" in seen or addressed)
    return _after_blank(lines, end + 1) if quoted else 0


def _after_fields(lines: Sequence[str], index: int) -> int:
    """Behind the fields that may follow a separator line."""
    start = _after_blank(lines, index)
    if start < len(lines) and _FIELD.match(lines[start][:LINE_LIMIT]):
        return _field_block(lines, start) or start
    return start


def _after_blank(lines: Sequence[str], index: int) -> int:
    while index < len(lines) and not lines[index].strip():
        index += 1
    return index

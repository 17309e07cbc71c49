"""What stands at the edges of a text and tells its reader nothing: signatures, disclaimers, banners."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.sources.gmail.vocabulary import (
    BANNERS,
    CLOSINGS,
    DISCLAIMER_OPENINGS,
    DISCLAIMER_WORDS,
    KOREAN_THANKS,
    NOT_KOREAN_NAMES,
    SENT_FROM,
)

_LINE = 120
_SIGNATURE_LINES = 20
_BANNER_LINES = 8
_CLOSING_LINES = 10
_FOOTER_CHARS = 800

_DELIMITER = re.compile(r"(?:--|—|__|- -)\s*$")
_FOOTER_RULE = re.compile(r"[_=-]{10,}\s*$")
_FOOTER_WORDS = re.compile(r"mailing list|unsubscribe|https?://|수신\s?거부|sent via|scanned", re.IGNORECASE)

_SENT_FROM = re.compile(rf"\W*{SENT_FROM}\W*$", re.IGNORECASE)
_BANNER = re.compile(rf"\W*{BANNERS}", re.IGNORECASE)
_DISCLAIMER_START = re.compile(rf"\W*{DISCLAIMER_OPENINGS}", re.IGNORECASE)
_DISCLAIMER_WORDS = re.compile(DISCLAIMER_WORDS, re.IGNORECASE)
_CLOSING = re.compile(rf"\W*{CLOSINGS}\W*$", re.IGNORECASE)
_KOREAN_SIGNED = re.compile(
    rf"(?:[^\d]{{0,24}}\s)?(?!{NOT_KOREAN_NAMES})[가-힣]{{2,5}}\s*(?:드림|올림|배상)\W*$"
)
_KOREAN_THANKS = re.compile(rf".{{0,40}}{KOREAN_THANKS}\W*$")
_CONTACT = re.compile(
    r"\b(?:tel|t|m|mobile|phone|fax|f|h\.?p|c\.?p|e-?mail|e|a|addr|address|web)\s?[.:)|/]|전화|휴대폰|팩스|주소|연락처"
    r"|0\d{1,2}[-.) ]\s?\d{3,4}[-. ]\d{4}|\+\d{1,3}[-. (]|www\.|https?://|\S@\S+\.\S|\(주\)|㈜|주식회사",
    re.IGNORECASE,
)


def without_edges(lines: Sequence[str]) -> str:
    """The text without device lines, banners, disclaimers, signature and closing; possibly empty."""
    kept = _before_signature(_without_notices(_without_marginal_lines(lines)))
    return "\n".join(_before_closing(kept)).strip()


def _without_marginal_lines(lines: Sequence[str]) -> list[str]:
    """Without the warnings that servers put on top and the lines that devices put below."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    top = {index for index in filled[:_BANNER_LINES] if _BANNER.match(lines[index][:_LINE])}
    low = {
        index
        for index in filled[-_SIGNATURE_LINES:]
        if len(lines[index]) <= _LINE and _SENT_FROM.match(lines[index])
    }
    return [line for index, line in enumerate(lines) if index not in top and index not in low]


def _without_notices(lines: Sequence[str]) -> list[str]:
    """Without the paragraphs that claim confidentiality."""
    paragraphs = "\n".join(lines).split("\n\n")
    return "\n\n".join(text for text in paragraphs if not _is_disclaimer(text)).split("\n")


def _is_disclaimer(paragraph: str) -> bool:
    start = paragraph[:600]
    return _DISCLAIMER_START.match(start) is not None and _DISCLAIMER_WORDS.search(start) is not None


def _before_signature(lines: list[str]) -> list[str]:
    """Up to the line `--`, or a rule above a mailing list's footer."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    for index in filled[-_SIGNATURE_LINES:]:
        if _DELIMITER.match(lines[index]):
            return lines[:index]
        if _FOOTER_RULE.match(lines[index]):
            below = "\n".join(lines[position] for position in filled if position > index)
            if not below or (len(below) <= _FOOTER_CHARS and _FOOTER_WORDS.search(below)):
                return lines[:index]
    return lines


def _before_closing(lines: list[str]) -> list[str]:
    """Up to "Best regards" or "홍길동 드림" when only a name and an address can follow."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    for index in filled[1:][-_CLOSING_LINES:]:
        below = [lines[position] for position in filled if position > index]
        if any(len(line) > _LINE for line in below):
            continue
        line = lines[index][:_LINE]
        if _CLOSING.match(line) or _KOREAN_SIGNED.match(line):
            return lines[:index]
        if _KOREAN_THANKS.match(line) and below and _CONTACT.search("\n".join(below)):
            return lines[: index + 1]
    return lines

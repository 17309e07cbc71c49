"""The newest text of a mail: what its author wrote this time."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.sources.gmail.characters import clean_text
from services.sources.gmail.quotes import quote_at
from services.sources.gmail.signatures import without_edges
from services.sources.records import TEXT_LIMIT

SOURCE_LIMIT = 32 * 1024
"""Characters looked at: what is newest stands at the top, or below a quotation of usual length."""

_FORWARDS = 5
_RUN_TOGETHER = re.compile(
    r"(?<=[^\s>-]) ?(-----\s?(?:original message|원본 메시지|원본 메일)\s?-----)", re.IGNORECASE
)
_MBOX_FROM = re.compile(r"(?:(?<=\n\n)|\A)>From (?=[^\n]*(?:\n[^>]|\Z))")
"""How mailbox files write a paragraph that begins with "From"; it is no quotation."""

_PLACEHOLDER = re.compile(r"\[(?:cid|image):[^\]\n]{0,300}\]|<cid:[^>\s]{0,300}>")
_LINK_TARGET = re.compile(r"(?<=\S)[ \n]?<(?:https?://|mailto:)[^<>\s]{1,2000}>(?=(\w)?)")


def newest_text(text: str) -> str:
    """`text` without quoted replies, signatures and disclaimers, at most `TEXT_LIMIT` characters.

    Where the author added nothing, what they forwarded counts; never empty when `text` has any words.
    """
    whole = clean_text(text[:SOURCE_LIMIT])
    return bounded(newest_part(whole) or _unquoted(whole) or whole)


def newest_part(whole: str) -> str:
    """As `newest_text` for clean text, but empty where only quotations, signatures or notices are found."""
    lines = _tidied(whole).split("\n")
    for _ in range(_FORWARDS):
        written, quoted = _written(lines)
        text = clean_text(without_edges(written))
        if text or quoted is None:
            return text
        lines = _unmarked(lines[quoted:])
    return ""


def bounded(text: str) -> str:
    """At most `TEXT_LIMIT` characters, cut after a whole word where one ends near the limit."""
    if len(text) <= TEXT_LIMIT:
        return text
    cut = text[:TEXT_LIMIT]
    head, blank, tail = cut.rpartition(" ")
    return (head if blank and len(tail) < 40 else cut).rstrip()


def _tidied(whole: str) -> str:
    """Without what stands for pictures and without the targets of links whose text stands before them."""
    divided = _RUN_TOGETHER.sub(r"\n\1", whole) if "-----" in whole else whole
    divided = _MBOX_FROM.sub("From ", divided) if ">From " in divided else divided
    # Most mails have none of these, and looking takes less time than searching.
    if "<http" in divided or "<mailto:" in divided:
        divided = _LINK_TARGET.sub(lambda target: " " if target[1] else "", divided)
    return _PLACEHOLDER.sub("", divided) if "cid:" in divided or "[image:" in divided else divided


def _written(lines: Sequence[str]) -> tuple[list[str], int | None]:
    """The lines that are not quoted, and where a mail that follows without marks begins, if one does."""
    written: list[str] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        quote = None if line.startswith(">") else quote_at(lines, index)
        if quote is None:
            if not line.startswith(">"):
                written.append(line)
            index += 1
        elif quote.attribution and _starts_marked(lines, quote.body):
            index = quote.body  # the marked lines fall away by themselves, an answer may stand below them
        else:
            return written, quote.body
    return written, None


def _unmarked(lines: list[str]) -> list[str]:
    """A forwarded mail, without the marks that some programs put before each of its lines."""
    return [line.removeprefix(">").lstrip() for line in lines] if _starts_marked(lines, 0) else lines


def _starts_marked(lines: Sequence[str], index: int) -> bool:
    following = next((line for line in lines[index : index + 3] if line.strip()), "")
    return following.startswith(">")


def _unquoted(whole: str) -> str:
    """All of it, without the marks of quotation."""
    lines = (line.lstrip("> ") for line in whole.split("\n"))
    return clean_text("\n".join(line for line in lines if line not in ("…", "--")))

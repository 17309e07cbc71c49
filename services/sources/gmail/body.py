"""The text of a mail out of its text parts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from services.sources.gmail.characters import clean_text
from services.sources.gmail.html import html_text
from services.sources.gmail.parts import Placed, part_text
from services.sources.gmail.text import SOURCE_LIMIT, bounded, newest_part, newest_text

_MARKUP_PARTS = 8
_STUB_LENGTH = 400
_STUB = re.compile(
    r"view (?:this (?:e-?mail|message)|it) in|in (?:your|a) (?:web )?browser|mime format"
    r"|html (?:viewer|e-?mail|version|format|capable|compatible|mail|support)"
    r"|(?:enable|support|display|read|view)s? html"
    r"|html.{0,20}(?:지원|보실|볼 수|형식|보기)|브라우저에서|웹에서 보기|html(?:形式|メール)",
    re.IGNORECASE,
)
_MARKUP_START = re.compile(
    r"\s*<(?:!doctype|!--|html|head|body|meta|style|title|table|div|p|center|font|span|br|h[1-6]|b|a|img|tr|td|ul)\b",
    re.IGNORECASE,
)
_UUENCODED = re.compile(
    r"^begin [0-7]{3,4} ([^\r\n]{1,255})\r?\n(?:[ -`][^\r\n]{0,90}\r?\n)+`?\r?\n?end\s*$", re.MULTILINE
)
_PGP_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_PGP_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"

Passage = tuple[str, bool]
"""A piece of text and whether it is HTML; clean where it is not."""


def body_text(texts: Sequence[Placed]) -> str:
    """The newest text of the mail, at most `TEXT_LIMIT` characters; empty when its parts have no text."""
    passages = list(_passages(texts))
    newest = newest_part(_joined(passages, lambda markup: html_text(markup)))
    return bounded(newest) or newest_text(_joined(passages, lambda markup: html_text(markup, quotes=True)))


def _joined(passages: Iterable[Passage], to_text: Callable[[str], str]) -> str:
    texts = (to_text(text) if is_html else text for text, is_html in passages)
    return "\n\n".join(text for text in texts if text)[:SOURCE_LIMIT]


def _passages(texts: Sequence[Placed]) -> Iterable[Passage]:
    """The parts to read, one version of each alternative; no further than `SOURCE_LIMIT` characters."""
    length = 0
    done: set[int] = set()
    for placed in texts:
        if placed.alternative in done:
            continue
        versions = [placed]
        if placed.alternative:
            done.add(placed.alternative)
            versions = [other for other in texts if other.alternative == placed.alternative]
        for passage in _best(versions):
            yield passage
            length += len(passage[0])
        if length > 4 * SOURCE_LIMIT:
            return


def _best(versions: Sequence[Placed]) -> list[Passage]:
    """Of the versions of one text the plain one, unless it is empty or only points to the HTML one."""
    plain = [_plain_passage(placed) for placed in versions if not _is_markup(placed)]
    words = _beginning(plain)
    if words and not (len(words) <= _STUB_LENGTH and _STUB.search(words)):
        return plain
    markup = [placed for placed in versions if _is_markup(placed)][:_MARKUP_PARTS]
    shown = [(part_text(placed.part), True) for placed in markup]
    better = shown if not words or any(html_text(text, quotes=True) for text, _ in shown) else plain
    return better or plain


def _beginning(plain: Sequence[Passage]) -> str:
    """As much as shows whether it is a stub."""
    read = (clean_text(text.lstrip()[: 4 * _STUB_LENGTH]) if is_html else text for text, is_html in plain)
    return "\n".join(text[: 4 * _STUB_LENGTH] for text in read if text)


def _is_markup(placed: Placed) -> bool:
    return placed.part.media_type in ("text/html", "text/enriched", "text/richtext")


def _plain_passage(placed: Placed) -> Passage:
    """A part that says it is plain text, and whether it is HTML all the same."""
    text = _without_pgp(part_text(placed.part))
    text = _UUENCODED.sub("", text) if "begin " in text else text
    if _MARKUP_START.match(text[:500]) and "</" in text:
        return text, True
    if placed.part.headers.parameter("content-type", "format").lower() == "flowed":
        delsp = placed.part.headers.parameter("content-type", "delsp").lower() == "yes"
        text = _unflowed(text, delete_space=delsp)
    return clean_text(text), False


def _without_pgp(text: str) -> str:
    """Inline-signed text without the armour around it."""
    if _PGP_SIGNED not in text[:200]:
        return text
    signed = text.partition(_PGP_SIGNED)[2].partition(_PGP_SIGNATURE)[0]
    return re.sub(r"\A\s*(?:Hash: [^\n]*\n)*", "", signed)


def _unflowed(text: str, *, delete_space: bool) -> str:
    """RFC 3676: a line that ends in a blank goes on in the next one; `-- ` never does."""
    lines: list[str] = []
    flowing = False
    for line in text.replace("\r\n", "\n").split("\n"):
        stuffed = line[1:] if line.startswith(" ") else line
        joins = flowing and not line.startswith(">") and stuffed != "-- "
        flowing = stuffed.endswith(" ") and stuffed != "-- " and not line.startswith(">")
        part = stuffed[:-1] if flowing and delete_space else stuffed
        if joins:
            lines[-1] += part
        else:
            lines.append(part)
    return "\n".join(lines)

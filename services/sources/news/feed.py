"""A feed's bytes to headlines: RSS and Atom of any age, in any charset, broken ones too.

feedparser is handed bytes only and never goes to the network. What it is handed is bounded first: its time
grows with the square of the depth and of a tag's attributes, and 2 MB of broken markup take it ten seconds.
"""

from __future__ import annotations

import calendar
import io
import re
from datetime import UTC, datetime
from time import struct_time
from typing import Any
from urllib.parse import urlsplit

import feedparser

from services.errors import SourceUnavailable
from services.sources.gmail.characters import clean_line
from services.sources.gmail.charsets import decode_text
from services.sources.gmail.html import html_text
from services.sources.records import NewsItem

ITEM_LIMIT = 30
MARKUP_LIMIT = 500_000  # characters handed to feedparser
TAGS_LIMIT = 8_000
TAG_LIMIT = 5_000  # characters of one tag
TAIL_LIMIT = 10_000
TITLE_LIMIT = 300
SUMMARY_LIMIT = 500
FEED_TITLE_LIMIT = 80
LINK_LIMIT = 2_000

_ENCODING = re.compile(rb"""^[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_ITEM = re.compile(r"<(?:[\w.-]{1,40}:)?(?:item|entry)(?=[\s/>])")
_ITEM_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:item|entry)\s{0,9}>")
_LONG_TAG = re.compile(rf"<[A-Za-z][^<>]{{{TAG_LIMIT}}}")
_REFERENCE = re.compile(r"&#(?:x([0-9a-f]{1,40})|([0-9]{1,40}));", re.IGNORECASE)
_NOT_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32)])  # one such character makes a feed ill-formed


def read_feed(body: bytes, *, content_type: str, url: str) -> tuple[NewsItem, ...]:
    """The feed's first headlines, in its own order; `url` is where it came from, for relative links.

    Raises SourceUnavailable `not_a_feed` for anything else, and for documents that declare entities: no feed
    needs them, and they can make a small document huge.
    """
    text = _REFERENCE.sub(_legal, _first_items(_text(body, content_type)).translate(_NOT_XML))
    if "<!ENTITY" in text:
        raise SourceUnavailable("the feed declares entities", code="not_a_feed")
    parsed = _parsed(text, url)
    if not parsed.get("version") and not parsed["entries"]:
        raise SourceUnavailable("the answer is no feed", code="not_a_feed")
    title = _plain(parsed["feed"], "title", FEED_TITLE_LIMIT) or urlsplit(url).hostname or ""
    items = (_item(entry, title) for entry in parsed["entries"][:ITEM_LIMIT])
    return tuple(item for item in items if item.title)


def _parsed(text: str, url: str) -> Any:
    try:
        return feedparser.parse(
            io.BytesIO(text.encode()),
            response_headers={"content-type": "application/xml; charset=utf-8", "content-location": url},
            sanitize_html=False,  # nothing of its markup is kept
            resolve_relative_uris=False,
        )
    except Exception as exc:  # it names none of its own, and the feed is at fault
        raise SourceUnavailable(f"the feed cannot be read: {type(exc).__name__}", code="not_a_feed") from exc


def _text(body: bytes, content_type: str) -> str:
    """The document, by what it says of itself rather than by what its server says of it."""
    declared = _ENCODING.search(body[:200])
    named = _CHARSET.search(content_type)
    charset = declared[1].decode("ascii") if declared else named[1] if named else ""
    return decode_text(body, charset, recoded=False).lstrip("\ufeff \t\r\n")


def _legal(reference: re.Match[str]) -> str:
    """A character's number, unless no character has it: halves of emoji, say, which feedparser dies of."""
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    is_character = number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF and number not in _NOT_XML
    return reference[0] if is_character else ""


def _first_items(text: str) -> str:
    """The document with as many of its first items as are wanted and can be read quickly.

    The end of the document stays, which closes what is open: a well-formed document remains one.
    """
    starts = [found.start() for found, _ in zip(_ITEM.finditer(text), range(ITEM_LIMIT + 1), strict=False)]
    ends = [starts[0] if starts else len(text), *starts[1:]]
    if len(starts) <= ITEM_LIMIT:
        ends.append(len(text))
    fitting = [end for end in ends if end <= MARKUP_LIMIT and text.count("<", 0, end) <= TAGS_LIMIT]
    if not fitting or (starts and len(fitting) == 1):
        raise SourceUnavailable("the answer is no feed of a common size", code="not_a_feed")
    kept = text[: fitting[-1]]
    if _LONG_TAG.search(kept):
        raise SourceUnavailable("the feed has tags of an uncommon size", code="not_a_feed")
    return kept if fitting[-1] == len(text) else kept + _tail(text)


def _tail(text: str) -> str:
    """What follows the last item."""
    tail = text[-TAIL_LIMIT:]
    ends = [found.end() for found in _ITEM_END.finditer(tail)]
    return tail[ends[-1] :] if ends else ""


def _item(entry: dict[str, Any], feed: str) -> NewsItem:
    summary = _plain(entry, "summary", SUMMARY_LIMIT)
    return NewsItem(
        title=_plain(entry, "title", TITLE_LIMIT) or clean_line(summary, TITLE_LIMIT),
        link=_link(entry),
        feed=feed,
        published=_published(entry),
        summary=summary,
    )


def _plain(record: dict[str, Any], key: str, limit: int) -> str:
    """A text as one line without markup; feedparser has found out whether it is markup."""
    detail = record.get(f"{key}_detail") or {}
    value = str(detail.get("value") or "")
    markup = detail.get("type") != "text/plain"
    return clean_line(html_text(value, quotes=True) if markup else value, limit)


def _link(entry: dict[str, Any]) -> str:
    """The item's address, or nothing where it is not one of the web."""
    link = str(entry.get("link") or "").strip()
    try:
        parts = urlsplit(link)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return link if usable and len(link) <= LINK_LIMIT and link.isprintable() and " " not in link else ""


def _published(entry: dict[str, Any]) -> datetime | None:
    # dict.get: feedparser's own warns when it answers one date for the other
    moment: struct_time | None = dict.get(entry, "published_parsed") or dict.get(entry, "updated_parsed")
    if moment is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(moment), UTC)
    except (ValueError, OverflowError, OSError):
        return None

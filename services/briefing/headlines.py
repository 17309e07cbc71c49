"""The news section: few headlines, each story once."""

from __future__ import annotations

from dataclasses import replace
from difflib import SequenceMatcher
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from services.briefing.escape import one_line
from services.briefing.model import Headlines
from services.sources.records import NewsBatch, NewsItem

HEADLINES = 5

_NEARLY_EQUAL = 0.85
_COMPARED_CHARACTERS = 160
_TRACKING = frozenset({"fbclid", "gclid", "ref"})


def compose_headlines(batch: NewsBatch, *, limit: int = HEADLINES) -> Headlines:
    """The first `limit` stories: the same link or a nearly equal title is the same story."""
    kept: list[NewsItem] = []
    links: set[str] = set()
    titles: list[str] = []
    for item in batch.items:
        if len(kept) == limit:
            break
        shown = _without_feed(one_line(item.title), one_line(item.feed))
        link, title = _story_link(item.link), _story_title(shown)
        if not title or (link and link in links) or any(_same_story(title, other) for other in titles):
            continue
        kept.append(replace(item, title=shown))
        links.add(link)
        titles.append(title)
    return Headlines(tuple(kept), failed_feeds=len(batch.failed))


def _without_feed(title: str, feed: str) -> str:
    """The title, where it ends in the name of the feed that stands next to it anyway."""
    for separator in (" - ", " | "):
        head, _, tail = title.rpartition(separator)
        if head and tail.casefold() == feed.casefold():
            return head
    return title


def _story_link(link: str) -> str:
    """The link without what only says where the reader came from."""
    try:
        parts = urlsplit(link)
        fields = parse_qsl(parts.query, keep_blank_values=True)
        query = urlencode([field for field in fields if not _is_tracking(field[0])])
    except ValueError:
        return link
    host = parts.netloc.lower().removeprefix("www.").removeprefix("m.")
    return urlunsplit(("", host, parts.path.rstrip("/"), query, ""))


def _is_tracking(name: str) -> bool:
    return name.startswith("utm_") or name in _TRACKING


def _story_title(title: str) -> str:
    """The title's letters and digits, without a trailing name of the newspaper."""
    head, separator, tail = title[:_COMPARED_CHARACTERS].rpartition(" - ")
    story = head if separator and len(tail) < len(head) else title[:_COMPARED_CHARACTERS]
    letters = "".join(character for character in story.casefold() if character.isalnum())
    return letters or "".join(title[:_COMPARED_CHARACTERS].split())


def _same_story(one: str, other: str) -> bool:
    """Nearly equal; other numbers make another story: last quarter's results are not this quarter's."""
    if _digits(one) != _digits(other):
        return False
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return (
        matcher.real_quick_ratio() >= _NEARLY_EQUAL
        and matcher.quick_ratio() >= _NEARLY_EQUAL
        and matcher.ratio() >= _NEARLY_EQUAL
    )


def _digits(title: str) -> str:
    return "".join(filter(str.isdigit, title))

"""Patterns from phrases as people write them, spaces left to their taste."""

from __future__ import annotations

import re

_EDGE_BEFORE, _EDGE_AFTER = "(?<![a-z0-9])", "(?![a-z0-9])"
_SPACE = re.compile(r"(?<!\[) (\??)")


def any_of(*phrases: str) -> str:
    """A pattern for any of the phrases, the longest first: each is a pattern itself, of lower case.

    A space stands for any white space, in Korean also for none, and in both where it is followed by a
    question mark. An English word is found only whole.
    """
    ordered = sorted(phrases, key=len, reverse=True)
    return "(?:" + "|".join(map(_phrase, ordered)) + ")"


def listed(words: str) -> list[str]:
    """The words of a text, for lists too long to quote each."""
    return words.split()


def compiled(*phrases: str) -> re.Pattern[str]:
    """`any_of`, ready to search with."""
    return re.compile(any_of(*phrases))


def _phrase(phrase: str) -> str:
    english = phrase.isascii()
    spaced = _SPACE.sub(lambda space: r"\s+" if english and not space[1] else r"\s*", phrase)
    return f"{_EDGE_BEFORE}(?:{spaced}){_EDGE_AFTER}" if english else spaced

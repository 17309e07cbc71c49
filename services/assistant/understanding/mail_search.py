"""Which mail somebody looks for, from a message that is known to ask for mail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from services.assistant.understanding import mail_words as words
from services.assistant.understanding.message import Message
from services.assistant.understanding.period import Period, at, find_period
from services.assistant.understanding.requests import MailSearch, Trait

_PHRASE = re.compile(r'"([^"]+)"')
_LITERAL = re.compile(r'(?<!\S)-?[a-z_]+:[^\s"]+')
_TOKEN = re.compile(r"[^\s,;!?()\[\]{}<>]+")
_EDGES = ".:'\"~-*|/\\"
MOST_WORDS = 8


@dataclass(slots=True)
class _Found:
    words: list[str] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    subject: list[str] = field(default_factory=list)
    traits: list[Trait] = field(default_factory=list)


def read_mail_search(message: Message) -> MailSearch | None:
    """The search; None where there are more words than anybody searches for."""
    found = _Found()
    text = _take_named(_take_literals(message.text, found), found, words.SUBJECTS)
    period = find_period(text, replace(message.today, lean="past"))
    rest = _take_phrases(period.rest if period else text, found)
    rest = _take_named(_take_traits(words.GLUED_VERB.sub(" ", rest), found), found, words.NAMED)
    _take_words(rest, found)
    if len(found.words) > MOST_WORDS:
        return None
    start, end = _instants(message, period)
    return MailSearch(
        words=_once(found.words),
        senders=_once(found.senders),
        recipients=_once(found.recipients),
        subject=_once(found.subject),
        traits=tuple(dict.fromkeys(found.traits)),
        operators=message.operators,
        start=start,
        end=end,
    )


def _instants(message: Message, period: Period | None) -> tuple[datetime | None, datetime | None]:
    """Without an end where that is not over yet."""
    if period is None:
        return None, None
    first, last = period.first, period.last
    if last is not None and last >= message.today.day:
        last = None
    return (
        at(first, time.min, message.zone) if first else None,
        at(last + timedelta(days=1), time.min, message.zone) if last else None,
    )


def _once(terms: list[str]) -> tuple[str, ...]:
    return tuple(term for term in dict.fromkeys(terms) if any(one.isalnum() for one in term))


def _take_literals(text: str, found: _Found) -> str:
    """What looks like an operator and is none of those that may be typed means only itself."""
    found.words += [literal.strip(_EDGES) for literal in _LITERAL.findall(text)]
    return _LITERAL.sub(" ", text)


def _take_traits(text: str, found: _Found) -> str:
    for pattern, trait in words.TRAITS:
        text, times = pattern.subn(" ", text)
        if times:
            found.traits.append(trait)
    return text


def _take_named(text: str, found: _Found, named: list[tuple[re.Pattern[str], str]]) -> str:
    """Senders, recipients and subjects that a particle or a verb tells."""
    for pattern, kind in named:
        into: list[str] = getattr(found, kind)
        while (match := pattern.search(text)) is not None:
            name = words.without_title(match["name"])
            if name in words.NOBODY:
                break
            into.append(name)
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return text


def _take_phrases(text: str, found: _Found) -> str:
    """What stands in quotation marks is searched for as it is."""
    found.words += [phrase.strip() for phrase in _PHRASE.findall(text)]
    return _PHRASE.sub(" ", text)


def _take_words(text: str, found: _Found) -> None:
    """The rest, word by word; an English preposition says what the words after it are."""
    for kind, group in _groups(text):
        if kind == "words":
            found.words += group
        elif group:
            getattr(found, kind).append(" ".join(group))


def _groups(text: str) -> Iterator[tuple[str, list[str]]]:
    kind, group = "words", list[str]()
    for token in _TOKEN.findall(text):
        word = token.strip(_EDGES)
        switch = words.PREPOSITIONS.get(word)
        if switch is None and words.ARTICLES.fullmatch(word):
            continue
        if switch is None and not words.DROPPED.fullmatch(word):
            group.append(words.bare(word))
            continue
        yield kind, group
        kind, group = (kind if word in ("and", "or") else switch or "words"), []
    yield kind, group

"""What each operator of Gmail's search looks at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from sandbox.google.words import words_of
from sandbox.mailboxes import Message

Matches = Callable[[Message], bool]

# The API reads plain dates as midnight in California.
DATE_ZONE = ZoneInfo("America/Los_Angeles")

_PLACES = {
    "inbox": "INBOX",
    "sent": "SENT",
    "draft": "DRAFT",
    "drafts": "DRAFT",
    "trash": "TRASH",
    "spam": "SPAM",
    "chats": "CHAT",
    "important": "IMPORTANT",
    "starred": "STARRED",
    "unread": "UNREAD",
}
_CATEGORIES = {
    "primary": "CATEGORY_PERSONAL",
    "personal": "CATEGORY_PERSONAL",
    "social": "CATEGORY_SOCIAL",
    "promotions": "CATEGORY_PROMOTIONS",
    "updates": "CATEGORY_UPDATES",
    "forums": "CATEGORY_FORUMS",
    "purchases": "CATEGORY_PURCHASES",
}
_AGE = re.compile(r"(\d{1,6})([hdwmy])")
_DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})")


@dataclass(frozen=True, slots=True)
class Context:
    """Whose mailbox is searched: `me` in a query; `labels` maps a user label's id to its name."""

    owner: str
    labels: Mapping[str, str]
    now: datetime


def text_term(text: str) -> Matches:
    """Messages with this word or phrase in their subject, addresses or text."""
    has = _phrase(text)
    return lambda message: has(words_of(message).everything)


def term(name: str, value: str, context: Context) -> Matches | None:
    """The term for `name:value`; None for an operator or a value that Gmail does not know either."""
    make = _OPERATORS.get(name.lower())
    return make(value.strip(), context) if make else None


def _phrase(text: str) -> Callable[[str], bool]:
    """Whether words stand side by side in a text, whatever the case and punctuation between them.

    Korean and Japanese are not written with a space after each word: there any substring counts.
    """
    plain = text.lower().strip("* ")
    if not plain.isascii():
        return lambda haystack: plain in haystack
    words = re.findall(r"\w+", plain)
    if not words:
        return lambda haystack: True
    pattern = re.compile(r"\b" + r"\W+".join(words) + (r"" if text.endswith("*") else r"\b"))
    return lambda haystack: pattern.search(haystack) is not None


def _header(names: tuple[str, ...], value: str, context: Context) -> Matches:
    has = _phrase(context.owner if value.lower() == "me" else value)
    return lambda message: any(has(getattr(words_of(message), name)) for name in names)


def _label_id(value: str, context: Context) -> str | None:
    wanted = _plain_label(value)
    if wanted in _PLACES:
        return _PLACES[wanted]
    return next((k for k, name in context.labels.items() if wanted in (_plain_label(name), k.lower())), None)


def _plain_label(name: str) -> str:
    return re.sub(r"[\s/]+", "-", name.strip().lower())


def _labelled(value: str, context: Context) -> Matches:
    label = _label_id(value, context) or value.upper()
    return lambda message: label in message.labels


def _place(value: str, context: Context) -> Matches:
    if value.lower() in ("anywhere", "all"):
        return lambda message: True
    if value.lower() == "archive":
        return lambda message: not message.labels & {"INBOX", "TRASH", "SPAM", "SENT", "DRAFT", "CHAT"}
    return _labelled(value, context)


def _state(value: str, context: Context) -> Matches:
    if value.lower() == "read":
        return lambda message: "UNREAD" not in message.labels
    return _labelled(value, context)


def _category(value: str, context: Context) -> Matches:
    label = _CATEGORIES.get(value.lower(), value)
    others = frozenset(_CATEGORIES.values()) - {label}
    if value.lower() == "primary":  # the tab shows whatever is in no other tab
        return lambda message: "INBOX" in message.labels and not message.labels & others
    return lambda message: label in message.labels


def _has(value: str, context: Context) -> Matches | None:
    if value.lower() == "attachment":
        return lambda message: words_of(message).has_attachment
    if value.lower() == "userlabels":
        return lambda message: any(label in context.labels for label in message.labels)
    return None


def _date(value: str) -> datetime | None:
    if value.isascii() and value.isdigit() and len(value) <= 11:
        return datetime.fromtimestamp(int(value), UTC)
    if day := _DAY.fullmatch(value):
        try:
            return datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=DATE_ZONE)
        except ValueError:
            return None
    return None


def _after(value: str, context: Context) -> Matches | None:
    date = _date(value)
    return None if date is None else lambda message: message.internal_date >= date


def _before(value: str, context: Context) -> Matches | None:
    date = _date(value)
    return None if date is None else lambda message: message.internal_date < date


def _ago(value: str, now: datetime) -> datetime | None:
    age = _AGE.fullmatch(value.lower())
    if not age:
        return None
    number = int(age[1])
    spans = {"h": timedelta(hours=number), "d": timedelta(days=number), "w": timedelta(weeks=number)}
    try:
        if age[2] in spans:
            return now - spans[age[2]]
        earlier: datetime = now - relativedelta(months=number * (12 if age[2] == "y" else 1))
        return earlier
    except (OverflowError, ValueError):
        return datetime.min.replace(tzinfo=UTC)


def _newer_than(value: str, context: Context) -> Matches | None:
    since = _ago(value, context.now)
    return None if since is None else lambda message: message.internal_date >= since


def _older_than(value: str, context: Context) -> Matches | None:
    until = _ago(value, context.now)
    return None if until is None else lambda message: message.internal_date < until


_OPERATORS: dict[str, Callable[[str, Context], Matches | None]] = {
    "from": partial(_header, ("sender",)),
    # Gmail finds copies by to: as well; -cc: leaves them out.
    "to": partial(_header, ("to", "cc", "bcc")),
    "cc": partial(_header, ("cc",)),
    "bcc": partial(_header, ("bcc",)),
    "subject": partial(_header, ("subject",)),
    "in": _place,
    "is": _state,
    "label": _labelled,
    "category": _category,
    "has": _has,
    "after": _after,
    "newer": _after,
    "before": _before,
    "older": _before,
    "newer_than": _newer_than,
    "older_than": _older_than,
}

"""Which of the scopes that are required were granted, by what Google said of a token."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.dialects.postgresql import JSONB

from services.db.models import GmailToken
from services.settings import Settings

_GOOGLE = "https://www.googleapis.com/auth/"
_ALL_MAIL = "https://mail.google.com/"

# Which scopes permit what, as Google's discovery documents say; one of them suffices.
READING = frozenset({f"{_GOOGLE}gmail.readonly", f"{_GOOGLE}gmail.modify", _ALL_MAIL})
SENDING = frozenset({f"{_GOOGLE}gmail.send", f"{_GOOGLE}gmail.compose", f"{_GOOGLE}gmail.modify", _ALL_MAIL})
CALENDAR = frozenset(
    f"{_GOOGLE}{name}"
    for name in ("calendar.readonly", "calendar", "calendar.events.readonly", "calendar.events")
)


def lacks_scope(settings: Settings) -> ColumnElement[bool]:
    """Whether a required scope was not granted."""
    required = cast(list(settings.required_scopes), JSONB)
    granted = func.coalesce(GmailToken.scopes, cast([], JSONB), type_=JSONB)
    return ~granted.contains(required)


def missing_scopes(granted: Iterable[str], required: Iterable[str]) -> tuple[str, ...]:
    """Which of the required scopes were not granted."""
    had = frozenset(granted)
    return tuple(scope for scope in required if scope not in had)


def scope_name(scope: str) -> str:
    """`gmail.readonly` of Google's long name for it."""
    return scope.removeprefix(_GOOGLE)

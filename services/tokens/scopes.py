"""Which of the scopes that are required were granted, by what Google said of a token."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, cast, func
from sqlalchemy.dialects.postgresql import JSONB

from services.db.models import GmailToken
from services.settings import Settings


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
    return scope.removeprefix("https://www.googleapis.com/auth/")

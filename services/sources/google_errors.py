"""What an answer of Google's that is no success means to us: one mapping for every API and for batch parts.

401                                    SourceRefused `unauthorized`
403 with a scope missing               SourceRefused `missing_scope`
403 or 429 because of a rate or quota  SourceUnavailable `rate_limited`, with `retry_after` where named
404                                    SourceRefused `not_found`
other 4xx that Google explains         SourceRefused with Google's own reason as code
5xx, 408, redirects, 4xx that some     SourceUnavailable
    other server wrote (a login page)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from services.errors import SourceError, SourceRefused, SourceUnavailable

_SCOPE_REASONS = {"insufficientPermissions", "insufficientScope", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}
_RATE_REASONS = {
    "rateLimitExceeded",
    "userRateLimitExceeded",
    "quotaExceeded",
    "dailyLimitExceeded",
    "concurrentLimitExceeded",
    "RATE_LIMIT_EXCEEDED",
    "RESOURCE_EXHAUSTED",
}
# Said by every refusal of a kind, so they explain less than any other reason beside them.
_GENERAL_REASONS = {"forbidden", "PERMISSION_DENIED", "badRequest", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}
_REASON = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
# "… limit 'Queries per minute' of service …": a person's own limit is called '… per minute per user'.
_PROJECTS_LIMIT = re.compile(r"limit '[^']* per (?:minute|day)'")
_RETRY_AFTER_IN_TEXT = re.compile(r"Retry after (\d{4}-\d\d-\d\dT[\d:.]+Z)", re.IGNORECASE)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The JSON object in an answer; raises what `error_of` says for any other answer.

    `headers` have lower-case names. A success that holds no JSON object (a login page, nothing, half of it)
    is SourceUnavailable.
    """
    if not 200 <= status < 300:
        raise error_of(status, headers, body)
    answer = _json_object(body)
    if answer is None:
        raise SourceUnavailable(f"the answer ({status}) is not the API's: no JSON object in it")
    return answer


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> SourceError:
    """Our error for an answer that is no success; `headers` have lower-case names."""
    error = (_json_object(body) or {}).get("error")
    reasons = tuple(dict.fromkeys(_reasons(error)))
    text = f"Google answered {status}" + (f" ({', '.join(reasons)})" if reasons else "")
    if status == 401:
        return SourceRefused(text, code="unauthorized")
    if status == 429 or (status == 403 and _RATE_REASONS.intersection(reasons)):
        return SourceUnavailable(
            text,
            code="rate_limited",
            retry_after=_retry_after(headers, error),
            for_everybody=_PROJECTS_LIMIT.search(_text(error, "message")) is not None,
        )
    if not 400 <= status < 500 or status == 408 or error is None:
        return SourceUnavailable(text, retry_after=_retry_after(headers, error))
    return SourceRefused(text, code=_refusal(status, headers, error, reasons))


def _refusal(status: int, headers: Mapping[str, str], error: object, reasons: tuple[str, ...]) -> str:
    if status == 404:
        return "not_found"
    scope_missing = (
        _SCOPE_REASONS.intersection(reasons)
        or "insufficient_scope" in headers.get("www-authenticate", "")
        # Gmail's refusal to search for those who granted gmail.metadata only has no reason of its own.
        or "Metadata scope" in _text(error, "message")
    )
    if status == 403 and scope_missing:
        return "missing_scope"
    return next((r for r in reasons if r not in _GENERAL_REASONS), next(iter(reasons), SourceRefused.code))


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _reasons(error: object) -> Iterator[str]:
    """Google names reasons in three places, by API and age: errors[], details[] and status."""
    if isinstance(error, str):  # the token endpoint's shape, which some gateways answer with
        yield from _REASON.findall(error)[:1]
    if not isinstance(error, dict):
        return
    for key in ("errors", "details"):
        entries = error.get(key)
        for entry in entries if isinstance(entries, list) else ():
            if _REASON.fullmatch(reason := _text(entry, "reason")):
                yield reason
    if _REASON.fullmatch(status := _text(error, "status")):
        yield status


def _text(value: object, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _retry_after(headers: Mapping[str, str], error: object) -> float | None:
    """Seconds to wait, where Google names them: as a number, a date, or (Gmail) a date in the message.

    Dates are measured against the answer's own Date header, never our clock.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return float(value)
    try:
        sent = parsedate_to_datetime(headers.get("date", ""))
        if found := _RETRY_AFTER_IN_TEXT.search(_text(error, "message")):
            return max(0.0, (datetime.fromisoformat(found[1]) - sent).total_seconds())
        return max(0.0, (parsedate_to_datetime(value) - sent).total_seconds())
    except (ValueError, TypeError):
        return None

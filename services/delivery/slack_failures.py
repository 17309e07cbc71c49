"""What a call of Slack failed with: whether it had an effect, may have had one, or never will."""

from __future__ import annotations

import http.client
import re
import traceback
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler

from slack_sdk.errors import SlackApiError

from services.errors import SlackAmbiguous, SlackError, SlackRefused, SlackUnavailable

CODE = re.compile(r"[a-z_0-9]{1,80}")
# Slack says these may have had an effect all the same.
UNCLEAR = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
# The workspace's or the app's trouble, not this message's: it may be mended before the deadline.
WORKSPACE_TROUBLE = frozenset(
    {
        "account_inactive",
        "accesslimited",
        "ekm_access_denied",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
    }
)
# A connection is made, TLS included, before a byte of the request is sent; each call makes one of its own.
CONNECTING = {http.client.HTTPConnection.connect.__code__, http.client.HTTPSConnection.connect.__code__}
REDIRECTED = HTTPRedirectHandler.http_error_302.__code__


def from_answer(method: str, exc: SlackApiError) -> SlackError:
    """What Slack said no to, in words of ours."""
    status, headers, data = _parts(exc.response)
    named = data.get("error")
    # slack_sdk puts an answer that is not JSON into `error`; Slack's own codes are single words.
    code = str(named) if isinstance(named, str) and CODE.fullmatch(named) else f"http_{status}"
    message = f"Slack answered {method} with {code}"
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return SlackUnavailable(message, code="rate_limited", retry_after=_retry_after(headers))
    if status >= 500 or code in UNCLEAR or code.startswith("http_2"):
        return SlackAmbiguous(message, code=code)
    if code in WORKSPACE_TROUBLE or code.startswith("http_"):
        return SlackUnavailable(message, code=code)
    return SlackRefused(message, code=code)


def _parts(response: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers by lower-case name and the JSON body."""
    status, headers, data = response.status_code, response.headers, response.data
    lowered = {str(name).lower(): str(value) for name, value in dict(headers or {}).items()}
    return int(status or 200), lowered, data if isinstance(data, dict) else {}


def _retry_after(headers: dict[str, str]) -> float:
    try:
        return max(1.0, float(headers["retry-after"]))
    except (KeyError, ValueError):
        return 30.0


def from_connection(method: str, exc: Exception) -> SlackError:
    """What came instead of an answer."""
    reason = exc.reason if isinstance(exc, URLError) and isinstance(exc.reason, Exception) else exc
    if _was_never_sent(exc, reason):
        return SlackUnavailable(f"Slack cannot be reached for {method}", code="unreachable")
    return SlackAmbiguous(
        f"no usable answer from Slack to {method} ({type(reason).__name__})", code="no_answer"
    )


def _was_never_sent(*raised: Exception) -> bool:
    """Whether it was raised while the connection was being made: refused, no route, no such host, timed out.

    urllib says the same of a timeout while it connects and while it sends, so it is seen from where it was
    raised. A redirected call has been answered once already.
    """
    passed = {frame.f_code for exc in raised for frame, _ in traceback.walk_tb(exc.__traceback__)}
    return not CONNECTING.isdisjoint(passed) and REDIRECTED not in passed

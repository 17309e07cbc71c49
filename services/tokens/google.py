"""Google's token endpoint: one refresh, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import google_auth_httplib2
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.oauth2.credentials import Credentials

from services.errors import NotConnected, SourceUnavailable
from services.settings import Settings
from services.sources.google_http import NETWORK_ERRORS, UNPACKING_ERRORS, thread_http
from services.tokens.store import Grant, StoredToken

SAID_AT_MOST = 500
PASSING_STATUS = frozenset({408, 429})
PASSING = frozenset({"internal_failure", "server_error", "temporarily_unavailable"})


def ask_google(settings: Settings, token: StoredToken) -> Grant:
    """One refresh at the configured token endpoint, whatever the row says of endpoints.

    Raises NotConnected with the reason as its code when Google refuses for good, SourceUnavailable when it
    does not answer as it should.
    """
    transport = _Transport()
    credentials = Credentials(  # type: ignore[no-untyped-call]
        token=None,
        refresh_token=token.refresh_token,
        token_uri=settings.google_token_uri,
        client_id=token.client_id,
        client_secret=token.client_secret,
    )
    try:
        credentials.refresh(transport)  # type: ignore[no-untyped-call]
    except RefreshError as exc:
        raise _from_refusal(exc, transport.answer) from exc
    except (GoogleAuthError, *NETWORK_ERRORS, *UNPACKING_ERRORS, ValueError, TypeError, KeyError) as exc:
        said = transport.complaint or f"did not answer ({type(exc).__name__})"
        raise SourceUnavailable(f"Google's token endpoint {said}") from exc
    return grant_from_answer(transport.answer, default_scopes=token.scopes)


def grant_from_answer(answer: Mapping[str, Any], *, default_scopes: tuple[str, ...]) -> Grant:
    """A token endpoint's JSON as a Grant. Raises SourceUnavailable when it is none."""
    access_token = answer.get("access_token")
    if not isinstance(access_token, str) or not access_token:
        raise SourceUnavailable("Google's token endpoint gave no access token")
    scope, refresh_token = answer.get("scope"), answer.get("refresh_token")
    return Grant(
        access_token=access_token,
        refresh_token=str(refresh_token) if refresh_token else None,
        expires_in=_seconds(answer.get("expires_in")),
        scopes=tuple(scope.split()) if isinstance(scope, str) and scope else default_scopes,
        refresh_token_expires_in=_seconds(answer.get("refresh_token_expires_in")),
    )


def _seconds(value: object) -> float | None:
    try:
        return float(str(value)) if value is not None else None
    except ValueError:
        return None


def _from_refusal(exc: RefreshError, answer: Mapping[str, Any]) -> NotConnected | SourceUnavailable:
    error, description = str(answer.get("error") or ""), str(answer.get("error_description") or "")
    subtype, said = str(answer.get("error_subtype") or ""), said_in(answer)
    if error == "invalid_grant":
        rapt = "invalid_rapt" in (subtype, *description.replace("(", " ").replace(")", " ").split())
        return NotConnected(said, code="invalid_rapt" if rapt else "revoked_or_expired")
    if error in {"invalid_client", "unauthorized_client", "deleted_client", "disabled_client"}:
        return NotConnected(said, code="client_changed")
    if error in {"admin_policy_enforced", "access_denied", "org_internal"}:
        return NotConnected(said, code="admin_policy")
    if error == "invalid_scope":
        return NotConnected(said, code="missing_scope")
    return SourceUnavailable(f"Google's token endpoint answered {said or 'no JSON'}")


def said_in(answer: Mapping[str, Any]) -> str:
    """Google's error and its description, as they are kept and shown; "" where it says nothing."""
    parts = (str(answer.get(name) or "") for name in ("error", "error_description"))
    return ": ".join(filter(None, parts))[:SAID_AT_MOST].replace("\0", "")


class _Transport:
    """google-auth's transport over this thread's own connections, the last answer kept.

    What google-auth would try again by itself, for longer than a refresh may take, ends here.
    """

    def __init__(self) -> None:
        self._request = google_auth_httplib2.Request(thread_http())
        self.answer: dict[str, Any] = {}
        self.complaint = ""

    def __call__(self, url: str, method: str = "GET", body: Any = None, headers: Any = None) -> Any:
        response = self._request(url, method=method, body=body, headers=headers)
        try:
            answer = json.loads(response.data)
        except ValueError:
            answer = None
        self.answer = answer if isinstance(answer, dict) else {}
        if response.status in PASSING_STATUS or response.status >= 500 or self.answer.get("error") in PASSING:
            self.complaint = f"answered {response.status} {said_in(self.answer)}".strip()
            raise TransportError(self.complaint)  # type: ignore[no-untyped-call]
        return response


def claims_in(id_token: object) -> dict[str, Any]:
    """What the ID token says; it came straight from the token endpoint, so its signature adds nothing."""
    try:
        claims = jwt.decode(id_token, verify=False)  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, AttributeError):
        return {}
    return dict(claims)

"""What happens between a person and Google when a client asks for access: who, what, yes or no.

Pages and scripts come to the same decisions here; `pages.py` draws them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from oauthlib.oauth2.rfc6749.errors import (
    AccessDeniedError,
    ConsentRequired,
    InvalidClientIdError,
    InvalidScopeError,
    LoginRequired,
    MismatchingRedirectURIError,
    OAuth2Error,
)

from sandbox.google.clients import Client
from sandbox.google.oauth import Server
from sandbox.google.scopes import SIGN_IN, unknown
from sandbox.google.state import Google
from sandbox.world import Person


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid authorization request. `tickable` scopes get a checkbox, signing in does not."""

    uri: str
    client: Client
    redirect_uri: str
    state: str | None
    scopes: tuple[str, ...]
    prompt: frozenset[str]
    offline: bool
    include_granted: bool
    login_hint: str

    @property
    def tickable(self) -> tuple[str, ...]:
        return tuple(scope for scope in self.scopes if scope not in SIGN_IN)


class PageError(Exception):
    """A request that Google answers with an error page, never with a redirect."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Redirected(Exception):
    """A request whose answer, an error, goes back to the client by redirect."""

    def __init__(self, location: str) -> None:
        super().__init__(urlsplit(location)._replace(query="").geturl())
        self.location = location


def read_request(google: Google, server: Server, uri: str) -> Asked:
    """Check an authorization request; raises `PageError` or `Redirected`."""
    try:
        scopes, info = server.validate_authorization_request(uri)
    except ValueError as exc:
        raise PageError(400, "invalid_request", "The request could not be read.") from exc
    except OAuth2Error as exc:
        raise _page_error(exc, uri) from exc
    request = info["request"]
    extra = dict(request.uri_query_params)
    return Asked(
        uri=uri,
        client=google.clients[request.client_id],
        redirect_uri=request.redirect_uri,
        state=request.state,
        scopes=tuple(scopes),
        prompt=frozenset((request.prompt or "").split()),
        offline=extra.get("access_type") == "offline",
        include_granted=extra.get("include_granted_scopes") == "true",
        login_hint=request.login_hint or "",
    )


def _page_error(error: OAuth2Error, uri: str) -> PageError:
    if isinstance(error, InvalidClientIdError):
        return PageError(401, "invalid_client", "The OAuth client was not found.")
    if isinstance(error, MismatchingRedirectURIError):
        detail = f"redirect_uri={error.redirect_uri}"
        return PageError(400, "redirect_uri_mismatch", detail)
    if isinstance(error, InvalidScopeError):
        wrong = ", ".join(unknown(error.scopes or [])) or "none was asked for"
        return PageError(400, "invalid_scope", f"Some requested scopes were invalid: {wrong}")
    return PageError(400, error.error or "invalid_request", error.description)


def decide_without_asking(google: Google, server: Server, asked: Asked) -> str | None:
    """Where to send the browser when nobody needs to be asked; None when somebody does.

    The person is known by `login_hint`: the sandbox keeps no browser sessions.
    """
    person = google.find_person(asked.login_hint) if asked.login_hint else None
    silent = "none" in asked.prompt
    if person is None:
        if silent:
            raise Redirected(LoginRequired(state=asked.state).in_uri(asked.redirect_uri))
        return None
    if "select_account" in asked.prompt:
        return None
    location = decide_for(google, server, asked, person)
    if location is None and silent:
        raise Redirected(ConsentRequired(state=asked.state).in_uri(asked.redirect_uri))
    return location


def decide_for(google: Google, server: Server, asked: Asked, person: Person) -> str | None:
    """As `decide_without_asking`, once it is known who it is."""
    failure = google.refresh_failures.get(person.key)
    if failure and failure.error == "admin_policy_enforced":
        raise PageError(400, failure.error, failure.description)
    granted = google.grants.granted(person.key, asked.client.client_id)
    if "consent" in asked.prompt or not granted.issuperset(asked.scopes):
        return None
    return _code(google, server, asked, person, asked.scopes, shown="none")


def to_tick(google: Google, asked: Asked, person: Person) -> tuple[str, ...]:
    """The scopes that the consent page asks for: those not granted before, or all with prompt=consent."""
    granted = google.grants.granted(person.key, asked.client.client_id)
    again = "consent" in asked.prompt
    return tuple(scope for scope in asked.tickable if again or scope not in granted)


def allow(google: Google, server: Server, asked: Asked, person: Person, ticked: Collection[str]) -> str:
    """Consent to the ticked scopes; where to send the browser."""
    offered = to_tick(google, asked, person)
    scopes = tuple(s for s in asked.scopes if s not in offered or s in ticked)
    if not scopes:
        return deny(asked)
    return _code(google, server, asked, person, scopes, shown="consent")


def deny(asked: Asked) -> str:
    """Cancel; where to send the browser."""
    return str(AccessDeniedError(state=asked.state).in_uri(asked.redirect_uri))


def _code(
    google: Google, server: Server, asked: Asked, person: Person, scopes: tuple[str, ...], *, shown: str
) -> str:
    """Record the consent and make a code of it. A refresh token is due only where consent was shown."""
    client_id = asked.client.client_id
    kept = google.grants.granted(person.key, client_id) - set(asked.scopes)
    grant = google.grants.consent(person.key, client_id, kept | set(scopes))
    merged = (*scopes, *sorted(kept)) if asked.include_granted else scopes
    decided: dict[str, Any] = {
        "grant": grant,
        "with_refresh": asked.offline and shown == "consent",
        "shown_prompt": shown,
    }
    headers, _, _ = server.create_authorization_response(asked.uri, scopes=list(merged), credentials=decided)
    return str(headers["Location"])

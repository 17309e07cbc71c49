"""What people granted to clients, and the codes and tokens that came of it.

A grant is one person's consent to one client. Tokens hang off the grant: revoking any of them ends it all,
as with Google. Each token carries its own scopes, so that a token from an incremental consent without
`include_granted_scopes` covers the new scope only.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

ACCESS_TOKEN_LIFE = timedelta(seconds=3599)
TESTING_REFRESH_TOKEN_LIFE = timedelta(seconds=604_799)
CODE_LIFE = timedelta(minutes=10)
REFRESH_TOKENS_PER_GRANT = 100
ACCESS_TOKENS_KEPT = 20_000


@dataclass(slots=True, eq=False)
class Grant:
    """One person's consent to one client: what they consented to and have not taken back."""

    person: str
    client_id: str
    scopes: set[str] = field(default_factory=set)
    refresh_tokens: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code and what was decided with it. `with_refresh`: a refresh token is due."""

    value: str
    grant: Grant
    scopes: tuple[str, ...]
    redirect_uri: str
    challenge: str | None
    challenge_method: str | None
    nonce: str | None
    with_refresh: bool
    expires_at: datetime


@dataclass(slots=True)
class Token:
    """An access or refresh token; `code` is the authorization code it descends from."""

    value: str
    grant: Grant
    scopes: tuple[str, ...]
    code: str
    expires_at: datetime | None


class Grants:
    """All grants, codes and tokens of the sandbox."""

    def __init__(self) -> None:
        self._grants: dict[tuple[str, str], Grant] = {}
        self._codes: dict[str, Code] = {}
        self._used_codes: dict[str, None] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}

    def granted(self, person: str, client_id: str) -> frozenset[str]:
        """The scopes that this person has granted to this client so far."""
        grant = self._grants.get((person, client_id))
        return frozenset(grant.scopes) if grant else frozenset()

    def consent(self, person: str, client_id: str, scopes: Iterable[str]) -> Grant:
        """What a person's grant covers from now on; it is created where there is none."""
        grant = self._grants.setdefault((person, client_id), Grant(person, client_id))
        grant.scopes = set(scopes)
        return grant

    def save_code(self, code: Code) -> None:
        self._codes[code.value] = code

    def code(self, value: str) -> Code | None:
        return self._codes.get(value)

    def code_was_used(self, value: str) -> bool:
        return value in self._used_codes

    def use_code(self, value: str) -> None:
        """A code works once."""
        del self._codes[value]
        self._used_codes[value] = None
        for old in list(islice(self._used_codes, max(0, len(self._used_codes) - ACCESS_TOKENS_KEPT))):
            del self._used_codes[old]

    def add_access_token(self, token: Token) -> None:
        self._access[token.value] = token
        if len(self._access) > ACCESS_TOKENS_KEPT:
            del self._access[next(iter(self._access))]

    def add_refresh_token(self, token: Token) -> None:
        """Past a hundred of one person and client the oldest dies without a word, as with Google."""
        self._refresh[token.value] = token
        token.grant.refresh_tokens.append(token.value)
        while len(token.grant.refresh_tokens) > REFRESH_TOKENS_PER_GRANT:
            self._refresh.pop(token.grant.refresh_tokens.pop(0), None)

    def access_token(self, value: str, now: datetime) -> Token | None:
        """A living access token."""
        return _living(self._access.get(value), now)

    def refresh_token(self, value: str, now: datetime) -> Token | None:
        """A living refresh token."""
        return _living(self._refresh.get(value), now)

    def revoke_token(self, value: str, now: datetime) -> bool:
        """End the whole grant behind a living token; False for any other."""
        token = self.access_token(value, now) or self.refresh_token(value, now)
        if token is None:
            return False
        self._end([token.grant])
        return True

    def revoke_person(self, person: str) -> int:
        """End everything a person granted, as on their Google account page; how many clients lost it."""
        return self._end([grant for grant in self._grants.values() if grant.person == person])

    def revoke_descendants(self, code: str) -> None:
        """End the tokens that came of a code: somebody used it twice."""
        for tokens in (self._access, self._refresh):
            for value in [value for value, token in tokens.items() if token.code == code]:
                del tokens[value]

    def expire_access_tokens(self, person: str) -> int:
        """Let a person's access tokens run out now; how many there were."""
        gone = [value for value, token in self._access.items() if token.grant.person == person]
        for value in gone:
            del self._access[value]
        return len(gone)

    def _end(self, grants: list[Grant]) -> int:
        self._access = {v: t for v, t in self._access.items() if t.grant not in grants}
        self._refresh = {v: t for v, t in self._refresh.items() if t.grant not in grants}
        self._codes = {v: c for v, c in self._codes.items() if c.grant not in grants}
        for grant in grants:
            del self._grants[grant.person, grant.client_id]
        return len(grants)


def _living(token: Token | None, now: datetime) -> Token | None:
    expired = token is not None and token.expires_at is not None and token.expires_at <= now
    return None if expired else token


def new_code() -> str:
    return f"4/0sandbox-{secrets.token_urlsafe(40)}"


def new_access_token() -> str:
    return f"ya29.sandbox-{secrets.token_urlsafe(60)}"


def new_refresh_token() -> str:
    return f"1//sandbox-{secrets.token_urlsafe(40)}"

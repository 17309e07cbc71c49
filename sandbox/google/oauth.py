"""The authorization server: oauthlib's protocol, Google's decisions and Google's words.

oauthlib checks the requests and calls `Decisions` for everything that depends on what the sandbox knows.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from oauthlib.oauth2 import AuthorizationCodeGrant, RefreshTokenGrant, RequestValidator
from oauthlib.oauth2.rfc6749.endpoints.authorization import AuthorizationEndpoint
from oauthlib.oauth2.rfc6749.endpoints.token import TokenEndpoint
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error, InvalidGrantError
from oauthlib.oauth2.rfc6749.tokens import BearerToken

from sandbox.google import grants, oidc
from sandbox.google.clients import Client
from sandbox.google.grants import Code, Token
from sandbox.google.scopes import OPENID, normalise, unknown
from sandbox.google.state import Google, RefreshFailure


class Refused(CustomOAuth2Error):  # type: ignore[misc]
    """An error in Google's words; `subtype` goes out as `error_subtype`."""

    def __init__(self, error: str, description: str, status: int = 400, subtype: str = "") -> None:
        super().__init__(error, description=description, status_code=status)
        self.subtype = subtype

    @property
    def json(self) -> str:
        content = dict(self.twotuples) | ({"error_subtype": self.subtype} if self.subtype else {})
        return json.dumps(content)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """The authorization code grant, with Google's words for a wrong verifier."""

    def validate_code_challenge(self, challenge: str, challenge_method: str, verifier: str) -> bool:
        if not super().validate_code_challenge(challenge, challenge_method, verifier):
            raise InvalidGrantError(description="Invalid code verifier.")
        return True


class Server(AuthorizationEndpoint, TokenEndpoint):  # type: ignore[misc]
    """Google's authorization and token endpoints over one sandbox."""

    def __init__(self, google: Google) -> None:
        decisions = Decisions(google)
        code_grant = CodeGrant(decisions)
        code_grant.register_code_modifier(decisions.finish_code)
        code_grant.register_token_modifier(decisions.finish_token)
        refresh_grant = RefreshTokenGrant(decisions, issue_new_refresh_tokens=False)
        refresh_grant.register_token_modifier(decisions.finish_token)
        bearer = BearerToken(
            decisions,
            token_generator=lambda request: grants.new_access_token(),
            refresh_token_generator=lambda request: grants.new_refresh_token(),
            expires_in=int(grants.ACCESS_TOKEN_LIFE.total_seconds()),
        )
        AuthorizationEndpoint.__init__(self, "code", bearer, {"code": code_grant})
        kinds = {"authorization_code": code_grant, "refresh_token": refresh_grant}
        TokenEndpoint.__init__(self, "authorization_code", bearer, kinds)


class Decisions(RequestValidator):  # type: ignore[misc]
    """What oauthlib asks about clients, redirect addresses, codes and tokens.

    Its method names and signatures are oauthlib's; `request` is an `oauthlib.common.Request`.
    """

    def __init__(self, google: Google) -> None:
        self.google = google

    # Authorization requests

    def validate_client_id(self, client_id: str, request: Any, *args: Any, **kwargs: Any) -> bool:
        request.client = self.google.clients.get(client_id)
        return request.client is not None and not request.client.deleted

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any, *args: Any) -> bool:
        return bool(request.client.may_redirect_to(redirect_uri))

    def get_default_redirect_uri(self, client_id: str, request: Any, *args: Any) -> None:
        return None

    def validate_response_type(self, client_id: str, response_type: str, *args: Any) -> bool:
        return response_type == "code"

    def get_default_scopes(self, client_id: str, request: Any, *args: Any) -> list[str]:
        return []

    def validate_scopes(self, client_id: str, scopes: list[str], client: Client, request: Any) -> bool:
        request.scopes = normalise(scopes)
        return bool(scopes) and not unknown(request.scopes)

    def save_authorization_code(self, client_id: str, code: dict[str, str], request: Any) -> None:
        self.google.grants.save_code(
            Code(
                value=code["code"],
                grant=request.grant,
                scopes=tuple(request.scopes),
                redirect_uri=request.redirect_uri,
                challenge=request.code_challenge,
                challenge_method=request.code_challenge_method,
                nonce=request.nonce,
                with_refresh=request.with_refresh,
                expires_at=self.google.world.now() + grants.CODE_LIFE,
            )
        )

    def finish_code(self, code: dict[str, str], token_handler: Any, request: Any) -> dict[str, str]:
        """What else Google puts into the address that it sends the browser back to."""
        person = self.google.world.people[request.grant.person]
        shown = {"iss": self.google.world.base_url, "scope": " ".join(request.scopes), "authuser": "0"}
        if person.hd:
            shown["hd"] = person.hd
        return code | {"code": grants.new_code()} | shown | {"prompt": request.shown_prompt}

    # Token requests

    def authenticate_client(self, request: Any, *args: Any, **kwargs: Any) -> bool:
        client_id, secret = _basic_credentials(request) or (request.client_id, request.client_secret)
        if not client_id:
            raise Refused("invalid_request", "Could not determine client ID from request.")
        client = self.google.clients.get(client_id)
        if client is None:
            raise Refused("invalid_client", "The OAuth client was not found.", 401)
        if client.deleted:
            raise Refused("deleted_client", "The OAuth client was deleted.", 401)
        if not secret:
            raise Refused("invalid_request", "client_secret is missing.")
        if not hmac.compare_digest(secret.encode(), client.client_secret.encode()):
            raise Refused("invalid_client", "The provided client secret is invalid.", 401)
        request.client, request.client_id = client, client.client_id
        return True

    def validate_grant_type(self, client_id: str, grant_type: str, client: Client, *args: Any) -> bool:
        allowed = client.may_refresh if grant_type == "refresh_token" else client.may_exchange
        if not allowed:
            raise Refused("unauthorized_client", "Unauthorized", 401)
        return True

    def validate_code(self, client_id: str, code: str, client: Client, request: Any, *args: Any) -> bool:
        if not code.startswith("4/"):
            raise InvalidGrantError(description="Malformed auth code.")
        if self.google.grants.code_was_used(code):
            self.google.grants.revoke_descendants(code)
        found = self.google.grants.code(code)
        if found is None or found.grant.client_id != client_id or found.expires_at <= self.google.world.now():
            raise InvalidGrantError(description="Bad Request")
        if found.challenge and not request.code_verifier:
            raise InvalidGrantError(description="Missing code verifier.")
        request.scopes, request.grant, request.origin = list(found.scopes), found.grant, found
        return True

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        challenge: str | None = request.origin.challenge
        return challenge

    def get_code_challenge_method(self, code: str, request: Any) -> str | None:
        method: str | None = request.origin.challenge_method
        return method

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: Any, *args: Any
    ) -> bool:
        if redirect_uri != request.origin.redirect_uri:
            raise Refused("redirect_uri_mismatch", "Bad Request")
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any, *args: Any) -> None:
        self.google.grants.use_code(code)

    def validate_refresh_token(self, refresh_token: str, client: Client, request: Any, *args: Any) -> bool:
        found = self.google.grants.refresh_token(refresh_token, self.google.world.now())
        if found is None:
            known_form = refresh_token.startswith("1//")
            description = "Token has been expired or revoked." if known_form else "Bad Request"
            raise InvalidGrantError(description=description)
        if found.grant.client_id != client.client_id:
            raise Refused("unauthorized_client", "Unauthorized", 401)
        self._raise_injected(self.google.refresh_failures.get(found.grant.person))
        request.grant, request.origin = found.grant, found
        return True

    def get_original_scopes(self, refresh_token: str, request: Any, *args: Any) -> list[str]:
        return list(request.origin.scopes)

    def is_within_original_scope(
        self, request_scopes: list[str], refresh_token: str, request: Any, *args: Any
    ) -> bool:
        """Asked for by google-auth, which sends the scopes as the client wrote them: `email`."""
        if not set(normalise(request_scopes)) <= {*request.origin.scopes, OPENID}:
            raise Refused("invalid_scope", "Bad Request")
        return True

    def save_bearer_token(self, token: dict[str, Any], request: Any, *args: Any) -> None:
        now = self.google.world.now()
        descent = request.code or request.origin.code
        scopes = tuple(request.scopes)
        access = Token(token["access_token"], request.grant, scopes, descent, now + grants.ACCESS_TOKEN_LIFE)
        self.google.grants.add_access_token(access)
        if "refresh_token" in token:
            life = token.get("refresh_token_expires_in")
            dies = now + timedelta(seconds=life) if life else None
            refresh = Token(token["refresh_token"], request.grant, scopes, descent, dies)
            self.google.grants.add_refresh_token(refresh)

    def finish_token(self, token: dict[str, Any], token_handler: Any, request: Any) -> dict[str, Any]:
        """The answer as Google gives it: no refresh token unless due, an ID token with `openid`."""
        if not (request.code and request.origin.with_refresh):
            token.pop("refresh_token", None)
        request.scopes = normalise(request.scopes)
        token["scope"] = " ".join(request.scopes)
        self._add_refresh_life(token, request)
        if OPENID in request.scopes:
            token["id_token"] = oidc.id_token(
                self.google.world.people[request.grant.person],
                request.scopes,
                base_url=self.google.world.base_url,
                client_id=request.client.client_id,
                access_token=token["access_token"],
                nonce=request.origin.nonce if request.code else None,
                now=self.google.world.now(),
            )
        return token

    def _add_refresh_life(self, token: dict[str, Any], request: Any) -> None:
        """Testing mode: how long the refresh token, new or presented, still has to live."""
        if "refresh_token" in token and request.client.testing:
            token["refresh_token_expires_in"] = int(grants.TESTING_REFRESH_TOKEN_LIFE.total_seconds())
        elif not request.code and request.origin.expires_at:
            left = request.origin.expires_at - self.google.world.now()
            token["refresh_token_expires_in"] = int(left.total_seconds())

    @staticmethod
    def _raise_injected(failure: RefreshFailure | None) -> None:
        if failure:
            raise Refused(failure.error, failure.description, failure.status, failure.subtype)


def _basic_credentials(request: Any) -> tuple[str, str] | None:
    """Client id and secret from an HTTP Basic header, each form-encoded as RFC 6749 has it."""
    scheme, _, encoded = str(request.headers.get("Authorization", "")).partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(client_id), unquote_plus(secret)

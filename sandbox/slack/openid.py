"""Sign in with Slack (OpenID Connect): discovery, keys, tokens, and who somebody is.

Slack answers its token endpoint's refusals as it answers any method: status 200, `ok` false.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from functools import cache, partial
from urllib.parse import unquote

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.slack.call import Refusal
from sandbox.slack.openid_pages import authorize
from sandbox.slack.state import Json, SignIn, Workspace, workspace
from sandbox.slack.wire import LOCALES, avatar_url
from sandbox.world import World

CODE_LIFE = timedelta(minutes=10)
ID_TOKEN_SECONDS = 300


def routes(world: World) -> list[BaseRoute]:
    return [
        Route("/slack/.well-known/openid-configuration", partial(configuration, world)),
        Route("/slack/openid/connect/keys", keys),
        Route("/slack/openid/connect/authorize", partial(authorize, world), methods=["GET", "POST"]),
        Route("/api/openid.connect.token", partial(token, world), methods=["POST"]),
        Route("/api/openid.connect.userInfo", partial(user_info, world), methods=["GET", "POST"]),
    ]


@cache
def signing_key() -> RSAKey:
    """One RS256 key a process: generating one takes a noticeable time."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


async def configuration(world: World, request: Request) -> Response:
    """The discovery document, as Slack publishes its own."""
    base, slack = world.base_url, f"{world.base_url}/slack"
    return JSONResponse(
        {
            "issuer": slack,
            "authorization_endpoint": f"{slack}/openid/connect/authorize",
            "token_endpoint": f"{base}/api/openid.connect.token",
            "userinfo_endpoint": f"{base}/api/openid.connect.userInfo",
            "jwks_uri": f"{slack}/openid/connect/keys",
            "scopes_supported": ["openid", "profile", "email"],
            "response_types_supported": ["code"],
            "response_modes_supported": ["form_post"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "claims_supported": ["sub", "auth_time", "iss"],
            "claims_parameter_supported": False,
            "request_parameter_supported": False,
            "request_uri_parameter_supported": True,
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


async def keys(request: Request) -> Response:
    """The public keys."""
    return JSONResponse(KeySet([signing_key()]).as_dict(private=False))


async def token(world: World, request: Request) -> Response:
    """A code for a token, once."""
    space = workspace(world)
    form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    try:
        _check_client(space, request, form)
        return JSONResponse({"ok": True} | _issue(space, _redeemed(space, form)))
    except Refusal as refusal:
        return JSONResponse({"ok": False, "error": refusal.error})


async def user_info(world: World, request: Request) -> Response:
    """Who the token's person is."""
    space = workspace(world)
    _, _, bearer = request.headers.get("authorization", "").partition(" ")
    sign_in = space.user_tokens.get(bearer.strip())
    try:
        if sign_in is None:
            raise Refusal("invalid_auth" if bearer else "not_authed")
        return JSONResponse({"ok": True} | claims(space, sign_in))
    except Refusal as refusal:
        return JSONResponse({"ok": False, "error": refusal.error})


def _check_client(space: Workspace, request: Request, form: Mapping[str, str]) -> None:
    """Id and secret, by HTTP Basic or in the form. Raises Refusal."""
    client_id, secret = _basic(request) or (form.get("client_id", ""), form.get("client_secret", ""))
    if client_id != space.client_id:
        raise Refusal("invalid_client_id")
    if not hmac.compare_digest(secret.encode(), space.client_secret.encode()):
        raise Refusal("bad_client_secret")


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError as exc:
        raise Refusal("invalid_client_id") from exc
    return unquote(name), unquote(secret)


def _redeemed(space: Workspace, form: Mapping[str, str]) -> SignIn:
    """What the code stands for; it is gone afterwards, whatever came of it. Raises Refusal."""
    if form.get("grant_type", "authorization_code") != "authorization_code":
        raise Refusal("invalid_grant_type")
    sign_in = space.codes.pop(form.get("code", ""), None)
    if sign_in is None or space.world.now() - sign_in.agreed_at > CODE_LIFE:
        raise Refusal("invalid_code")
    if form.get("redirect_uri", sign_in.redirect_uri) != sign_in.redirect_uri:
        raise Refusal("bad_redirect_uri")
    if sign_in.challenge and _s256(form.get("code_verifier", "")) != sign_in.challenge:
        raise Refusal("invalid_code_verifier")
    return sign_in


def _issue(space: Workspace, sign_in: SignIn) -> Json:
    access_token, now = f"xoxp-sandbox-{secrets.token_hex(16)}", int(space.world.now().timestamp())
    space.user_tokens[access_token] = sign_in
    content = claims(space, sign_in) | {
        "iss": f"{space.world.base_url}/slack",
        "aud": space.client_id,
        "iat": now,
        "exp": now + ID_TOKEN_SECONDS,
        "auth_time": now,
        "at_hash": _half_hash(access_token),
    }
    if sign_in.nonce:
        content["nonce"] = sign_in.nonce
    signed = jwt.encode({"alg": "RS256", "kid": signing_key().kid}, content, signing_key())
    return {"access_token": access_token, "token_type": "Bearer", "id_token": signed}


def claims(space: Workspace, sign_in: SignIn) -> Json:
    """What the scopes tell of a person; ids are in any case. Raises Refusal where they have gone."""
    person = space.world.by_slack_id(sign_in.user)
    if person is None or person.slack_user_id in space.deactivated:
        raise Refusal("account_inactive")
    known: Json = {
        "sub": person.slack_user_id,
        "https://slack.com/user_id": person.slack_user_id,
        "https://slack.com/team_id": space.team_id,
    }
    if "email" in sign_in.scopes:
        known |= {"email": person.slack_email, "email_verified": True, "date_email_verified": 1700000000}
    if "profile" in sign_in.scopes:
        known |= {
            "name": person.name,
            "given_name": person.name.partition(" ")[0],
            "family_name": person.name.partition(" ")[2],
            "picture": avatar_url(space, person.slack_user_id),
            "locale": LOCALES.get(person.locale, "en-US"),
            "https://slack.com/team_name": space.team_name,
            "https://slack.com/team_domain": space.domain,
        }
    return known


def _s256(verifier: str) -> str:
    return _base64(hashlib.sha256(verifier.encode()).digest())


def _half_hash(access_token: str) -> str:
    return _base64(hashlib.sha256(access_token.encode()).digest()[:16])


def _base64(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

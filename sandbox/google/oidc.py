"""Who somebody is, signed: the OpenID Connect part of the sandbox's Google."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from sandbox.google.scopes import EMAIL, OPENID, PROFILE
from sandbox.world import Person

ID_TOKEN_LIFE = 3600


@cache
def signing_key() -> RSAKey:
    """One RS256 key a process: generating one takes a noticeable time."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def key_set() -> dict[str, Any]:
    """The public keys, as `jwks_uri` serves them."""
    return dict(KeySet([signing_key()]).as_dict(private=False))


def configuration(base_url: str) -> dict[str, Any]:
    """The discovery document of an issuer, as Google publishes its own."""
    return {
        "issuer": base_url,
        "authorization_endpoint": f"{base_url}/o/oauth2/v2/auth",
        "token_endpoint": f"{base_url}/token",
        "userinfo_endpoint": f"{base_url}/v1/userinfo",
        "revocation_endpoint": f"{base_url}/revoke",
        "jwks_uri": f"{base_url}/oauth2/v3/certs",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "claims_supported": [
            "aud",
            "email",
            "email_verified",
            "exp",
            "hd",
            "iat",
            "iss",
            "name",
            "picture",
            "sub",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
    }


def claims(person: Person, scopes: Iterable[str], base_url: str) -> dict[str, Any]:
    """What these scopes let a client know of a person."""
    known: dict[str, Any] = {"sub": person.google_sub}
    if EMAIL in scopes:
        known |= {"email": person.google_email, "email_verified": True}
    if PROFILE in scopes:
        known |= {"name": person.name, "picture": f"{base_url}/avatars/{person.key}.svg"}
    if person.hd and OPENID in scopes:
        known["hd"] = person.hd
    return known


def id_token(
    person: Person,
    scopes: Iterable[str],
    *,
    base_url: str,
    client_id: str,
    access_token: str,
    nonce: str | None,
    now: datetime,
) -> str:
    """A signed ID token; issuer is the sandbox's own address."""
    issued = int(now.timestamp())
    content = {
        "iss": base_url,
        "azp": client_id,
        "aud": client_id,
        **claims(person, scopes, base_url),
        "at_hash": _at_hash(access_token),
        "iat": issued,
        "exp": issued + ID_TOKEN_LIFE,
    }
    if nonce:
        content["nonce"] = nonce
    key = signing_key()
    return jwt.encode({"alg": "RS256", "kid": key.kid}, content, key)


def _at_hash(access_token: str) -> str:
    half = hashlib.sha256(access_token.encode("ascii")).digest()[:16]
    return base64.urlsafe_b64encode(half).decode("ascii").rstrip("=")

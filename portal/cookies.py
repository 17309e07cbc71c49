"""What Streamlit keeps in cookies. The only file besides `session.py` that knows Streamlit's internals.

Streamlit 1.67 signs `_streamlit_user` with itsdangerous and splits it where it is long. Measured on that
version, which is pinned; `tests/pages/test_cookies.py` fails when it changes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value

USER_COOKIE = "_streamlit_user"
TOKENS_COOKIE = "_streamlit_user_tokens"


def claims_in(cookies: Mapping[str, str], *, secret: str, origin: str) -> dict[str, Any] | None:
    """The claims of a sign-in cookie that is genuine and belongs to this origin, or None."""

    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return decode_signed_value(secret, name, value.encode("latin-1", "replace")) if value else None

    try:
        raw = get_cookie_with_chunks(one, USER_COOKIE)
        claims = json.loads(raw) if raw else None
    except (ValueError, TypeError):
        return None
    if not isinstance(claims, dict) or claims.get("origin") != origin or not claims.get("is_logged_in"):
        return None
    return claims

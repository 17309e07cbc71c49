"""Headers and cookies of every answer, and the way back to the page somebody asked for before signing in."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.cookies import TOKENS_COOKIE, USER_COOKIE

RETURN_COOKIE = "portal_return"
RETURN_SECONDS = 600
FORGET = f"{RETURN_COOKIE}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
CALLBACK = "/oauth2callback"

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": "frame-ancestors 'self'; object-src 'none'; base-uri 'self'",
}


class Answers:
    """Adds security headers, makes cookies Secure on https, and drops the cookie that carries tokens."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self.https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(connection, message)
            await send(message)

        await self.app(scope, receive, dressed)

    def _dress(self, connection: HTTPConnection, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        if self.https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        cookies = [cookie for cookie in headers.getlist("set-cookie") if not _carries_tokens(cookie)]
        cookies += _way_back(connection, headers, message["status"])
        del headers["set-cookie"]
        for cookie in cookies:
            headers.append("set-cookie", self._secured(cookie))

    def _secured(self, cookie: str) -> str:
        return f"{cookie}; Secure" if self.https and "; secure" not in cookie.lower() else cookie


def _carries_tokens(cookie: str) -> bool:
    """Streamlit sets it although nothing asks for the tokens; deleting an old one is let through."""
    return cookie.startswith(TOKENS_COOKIE) and "max-age=0" not in cookie.lower()


def _way_back(connection: HTTPConnection, headers: MutableHeaders, status: int) -> Iterable[str]:
    """Remember the page somebody asked for, and lead there when they come back signed in.

    Of everybody: whether the sign-in that a cookie names still counts is not known here.
    """
    path = connection.url.path
    if path == CALLBACK and status in {302, 303, 307}:
        wanted = local_path(unquote(connection.cookies.get(RETURN_COOKIE, "")))
        if wanted and any(cookie.startswith(f"{USER_COOKIE}=") for cookie in headers.getlist("set-cookie")):
            headers["location"] = wanted
        return [FORGET]
    asks_for_page = (
        connection.scope.get("method") == "GET"
        and status == 200
        and headers.get("content-type", "").startswith("text/html")
        and path.count("/") == 1
    )
    if not asks_for_page:
        return []
    if path == "/":  # Home is where everybody is led anyway
        return [FORGET] if RETURN_COOKIE in connection.cookies else []
    target = f"{path}?{connection.url.query}" if connection.url.query else path
    if len(target) > 1000:
        return []
    kept = quote(target, safe="")
    return [f"{RETURN_COOKIE}={kept}; Max-Age={RETURN_SECONDS}; Path=/; HttpOnly; SameSite=Lax"]


def local_path(target: str) -> str:
    """The target where it is a path of this portal, else nothing: a cookie leads to no other site."""
    parts = urlsplit(target)
    plain = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if plain and not parts.scheme and target.isprintable() else ""

"""What a request is called and whom it is about: fault rules and the journal go by these."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import QueryParams
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope

from sandbox.google.api import Request, token_of
from sandbox.google.discovery import find_operation
from sandbox.google.state import Google

_OPERATIONS = {
    "/token": "oauth.token",
    "/revoke": "oauth.revoke",
    "/tokeninfo": "oauth.tokeninfo",
    "/o/oauth2/v2/auth": "oauth.auth",
    "/v1/userinfo": "oidc.userinfo",
    "/oauth2/v3/userinfo": "oidc.userinfo",
    "/oauth2/v3/certs": "oidc.certs",
    "/.well-known/openid-configuration": "oidc.configuration",
    "/v1/chat/completions": "model.chat",
}
_PEEKED = ("/token", "/revoke", "/api/")
_PEEK_LIMIT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Names:
    """Names requests for one sandbox."""

    google: Google

    def operation(self, scope: Scope) -> str:
        """Google's method id, `oauth.token`, `batch`, Slack's method name, or else the path."""
        path: str = scope["path"]
        if found := find_operation(scope["method"], path):
            return found[0].id
        if path == "/batch" or path.startswith("/batch/"):
            return "batch"
        if path.startswith("/api/"):
            return path.removeprefix("/api/")
        return _OPERATIONS.get(path, path)

    def part(self, part: Request) -> tuple[str, str]:
        """Operation and person of a part of a batch."""
        found = find_operation(part.method, part.path)
        token = token_of(self.google, part.authorization, QueryParams(part.query))
        return found[0].id if found else part.path, token.grant.person if token else ""

    async def peek(self, request: HTTPConnection, receive: Receive) -> tuple[Receive, bytes]:
        """The body of a request that names its person there, and a `receive` that gives it again."""
        path: str = request.scope["path"]
        length = request.headers.get("content-length", "0")
        if not path.startswith(_PEEKED) or not length.isdigit() or int(length) > _PEEK_LIMIT:
            return receive, b""
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return _replay(body, receive), body

    def person(self, request: HTTPConnection, body: bytes) -> str:
        """The key of the person whose token, code or Slack id the request carries, else empty."""
        if request.scope["path"].startswith("/api/"):
            return self._slack_person(body)
        grants, now = self.google.grants, self.google.world.now()
        token = token_of(self.google, request.headers.get("authorization", ""), request.query_params)
        if token is not None or not body:
            return token.grant.person if token else ""
        form = dict(parse_qsl(body.decode("utf-8", "replace")))
        presented = form.get("refresh_token") or form.get("token") or ""
        found = (
            grants.refresh_token(presented, now)
            or grants.access_token(presented, now)
            or grants.code(form.get("code", ""))
        )
        return found.grant.person if found else ""

    def _slack_person(self, body: bytes) -> str:
        people = self.google.world.people.values()
        with_slack = (person for person in people if person.slack_user_id)
        # A DM's id differs from the member's in its first letter only.
        return next((p.key for p in with_slack if p.slack_user_id[1:].encode() in body), "")


def _replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives a body already read, and then waits for the end of the connection."""
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay

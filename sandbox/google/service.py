"""Google's HTTP surface: every address the sandbox answers at in Google's place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from html import escape
from typing import Any

from oauthlib.oauth2.rfc6749.errors import OAuth2Error
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.faults import Faults
from sandbox.google import api, calendar, gmail, oidc, pages
from sandbox.google.batch import answer_batch, read_batch
from sandbox.google.errors import Answer, ApiError, unauthenticated
from sandbox.google.grants import Token
from sandbox.google.oauth import Server
from sandbox.google.state import Google
from sandbox.journal import Journal, Seen
from sandbox.naming import Names

HANDLERS = gmail.HANDLERS | calendar.HANDLERS
_JSON = "application/json; charset=UTF-8"
_NOT_CACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(google: Google, faults: Faults, journal: Journal) -> list[BaseRoute]:
    """The routes of one sandbox's Google."""
    surface = _Surface(google, faults, journal)
    server = Server(google)
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    async def authorize(request: Request) -> Response:
        return await pages.authorize(request, google, server)

    return [
        Route("/.well-known/openid-configuration", surface.configuration),
        Route("/oauth2/v3/certs", surface.certificates),
        Route("/v1/userinfo", surface.userinfo, methods=["GET", "POST"]),
        Route("/oauth2/v3/userinfo", surface.userinfo, methods=["GET", "POST"]),
        Route("/o/oauth2/v2/auth", authorize, methods=["GET", "POST"]),
        Route("/token", partial(surface.token, server), methods=["POST"]),
        Route("/revoke", surface.revoke, methods=["GET", "POST"]),
        Route("/tokeninfo", surface.tokeninfo, methods=["GET", "POST"]),
        Route("/avatars/{key}.svg", surface.avatar),
        Route("/batch", surface.batch, methods=["POST"]),
        Route("/batch/{api:path}", surface.batch, methods=["POST"]),
        Route("/gmail/v1/{rest:path}", surface.call, methods=everything),
        Route("/calendar/v3/{rest:path}", surface.call, methods=everything),
    ]


class _Surface:
    """The endpoints, over one sandbox's Google."""

    def __init__(self, google: Google, faults: Faults, journal: Journal) -> None:
        self.google = google
        self.faults = faults
        self.journal = journal
        self.names = Names(google)

    async def configuration(self, request: Request) -> Response:
        return JSONResponse(oidc.configuration(self.google.world.base_url))

    async def certificates(self, request: Request) -> Response:
        return JSONResponse(oidc.key_set(), headers={"Cache-Control": "public, max-age=3600"})

    async def userinfo(self, request: Request) -> Response:
        token = self._token(request)
        person = token and self.google.world.people.get(token.grant.person)
        if not token or not person:
            return _http(unauthenticated().answer())
        return JSONResponse(oidc.claims(person, token.scopes, self.google.world.base_url))

    async def token(self, server: Server, request: Request) -> Response:
        body = (await request.body()).decode("utf-8", "replace")
        try:
            headers, content, status = server.create_token_response(
                request.url.path, "POST", body, dict(request.headers)
            )
        except OAuth2Error as exc:
            headers, content, status = {}, exc.json, exc.status_code
        except ValueError:  # a body that is no form
            refused = {"error": "invalid_request", "error_description": "Bad Request"}
            return JSONResponse(refused, 400, headers=_NOT_CACHED)
        return Response(content, status, headers | _NOT_CACHED | {"Content-Type": _JSON})

    async def revoke(self, request: Request) -> Response:
        value = await _parameter(request, "token")
        if not self.google.grants.revoke_token(value, self.google.world.now()):
            refused = {"error": "invalid_token", "error_description": "Token expired or revoked"}
            return JSONResponse(refused, 400)
        return JSONResponse({})

    async def tokeninfo(self, request: Request) -> Response:
        value = await _parameter(request, "access_token")
        now = self.google.world.now()
        token = self.google.grants.access_token(value, now)
        person = token and self.google.world.people.get(token.grant.person)
        if not token or not person or not token.expires_at:
            return JSONResponse({"error": "invalid_token", "error_description": "Invalid Value"}, 400)
        claims = oidc.claims(person, token.scopes, self.google.world.base_url)
        shown: dict[str, Any] = {name: claims[name] for name in ("sub", "email") if name in claims}
        left = int((token.expires_at - now).total_seconds())
        about = {"azp": token.grant.client_id, "aud": token.grant.client_id, "scope": " ".join(token.scopes)}
        return JSONResponse(about | shown | {"expires_in": str(left)})

    async def avatar(self, request: Request) -> Response:
        person = self.google.world.people.get(request.path_params["key"])
        letter = escape(person.name[:1]) if person else "?"
        picture = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" '
            'fill="#5b6ee1"/><text x="48" y="63" font-size="44" font-family="sans-serif" fill="#fff" '
            f'text-anchor="middle">{letter}</text></svg>'
        )
        return Response(picture, media_type="image/svg+xml")

    async def call(self, request: Request) -> Response:
        return _http(api.answer_call(self.google, HANDLERS, await _api_request(request)))

    async def batch(self, request: Request) -> Response:
        headers = request.headers
        try:
            body, authorization = await request.body(), headers.get("authorization", "")
            parts = read_batch(headers.get("content-type", ""), body, authorization)
        except ApiError as exc:
            return _http(exc.answer())
        content_type, content = await answer_batch(parts, self._answer_part)
        return Response(content, headers={"Content-Type": content_type})

    async def _answer_part(self, part: api.Request) -> Answer | None:
        """One call of a batch, inner faults applied; None is left out of the answer."""
        op, person = self.names.part(part)
        rule = self.faults.take(op, part.path, part.method, person, inner=True)
        seen = self.journal.note(
            Seen(op, part.method, part.path, person, self.google.world.now(), inner=True)
        )
        if rule and rule.latency_ms:
            await asyncio.sleep(rule.latency_ms / 1000)
        if rule and rule.drop == "before":
            return None
        answers = rule is not None and rule.answers
        answer = rule.answer(part.path) if rule and answers else api.answer_call(self.google, HANDLERS, part)
        if rule and rule.drop:
            return None
        seen.status = answer.status
        return answer

    def _token(self, request: Request) -> Token | None:
        return api.token_of(self.google, request.headers.get("authorization", ""), request.query_params)


async def _api_request(request: Request) -> api.Request:
    raw_path = request.scope["raw_path"].decode("latin-1").partition("?")[0]
    authorization = request.headers.get("authorization", "")
    return api.Request(request.method, raw_path, request.url.query, authorization, await request.body())


async def _parameter(request: Request, name: str) -> str:
    """A parameter from the query or a form."""
    form = await request.form() if request.method == "POST" else {}
    return str(form.get(name) or request.query_params.get(name, ""))


def _http(answer: Answer) -> Response:
    return Response(answer.body, answer.status, {"Content-Type": _JSON} | answer.headers)

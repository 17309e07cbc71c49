"""Google's account chooser, consent and error pages. Plain forms: a script may post them too.

`POST /o/oauth2/v2/auth?<the request>` with `account` (a person's key), `decision` (`allow` or `cancel`) and
one `scope` for each ticked box answers with the redirect that a browser would follow.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.google.consent import (
    Asked,
    PageError,
    Redirected,
    allow,
    decide_for,
    decide_without_asking,
    deny,
    read_request,
    to_tick,
)
from sandbox.google.oauth import Server
from sandbox.google.page_texts import TEXTS
from sandbox.google.scopes import SIGN_IN, describe
from sandbox.google.state import Google
from sandbox.world import Person

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


@cache
def _templates() -> Environment:
    folder = Path(__file__).parent.parent / "templates" / "google"
    return Environment(loader=FileSystemLoader(folder), autoescape=True, trim_blocks=True)


async def authorize(request: Request, google: Google, server: Server) -> Response:
    """The authorization endpoint, for a browser's GET and for the pages' own POST."""
    try:
        asked = read_request(google, server, str(request.url))
        if request.method == "POST":
            return _decided(google, server, asked, request, await request.form())
        location = decide_without_asking(google, server, asked)
        return _go(location) if location else _first_page(google, asked, request)
    except Redirected as exc:
        return _go(exc.location)
    except PageError as exc:
        return _page(request, "error.html", "", exc.status, error=exc)


def _go(location: str) -> Response:
    return RedirectResponse(location, 302, headers={"Cache-Control": "no-store"})


def _first_page(google: Google, asked: Asked, request: Request) -> Response:
    person = google.find_person(asked.login_hint) if asked.login_hint else None
    if person is None or "select_account" in asked.prompt:
        people = list(google.world.people.values())
        return _page(request, "chooser.html", "", people=people, client=asked.client)
    return _consent_page(google, asked, person, request)


def _decided(google: Google, server: Server, asked: Asked, request: Request, form: FormData) -> Response:
    person = google.world.people.get(str(form.get("account", "")))
    if person is None:
        raise PageError(400, "invalid_request", "Nobody of that name has an account here.")
    if form.get("decision") == "cancel":
        return _go(deny(asked))
    if form.get("decision") == "allow":
        ticked = {str(scope) for scope in form.getlist("scope")}
        return _go(allow(google, server, asked, person, ticked))
    location = decide_for(google, server, asked, person)
    return _go(location) if location else _consent_page(google, asked, person, request)


def _consent_page(google: Google, asked: Asked, person: Person, request: Request) -> Response:
    language = _language(request, person.locale)
    asked_now = to_tick(google, asked, person)
    return _page(
        request,
        "consent.html",
        language,
        person=person,
        client=asked.client,
        sign_in=[scope for scope in asked.scopes if scope in SIGN_IN],
        boxes=[(scope, describe(scope, language)) for scope in asked_now],
        before=[describe(scope, language) for scope in asked.tickable if scope not in asked_now],
    )


def _page(request: Request, template: str, language: str, status: int = 200, **values: Any) -> Response:
    chosen = _language(request, language)
    content = _templates().get_template(template).render(t=TEXTS[chosen], language=chosen, **values)
    return HTMLResponse(content, status, headers=_HEADERS)


def _language(request: Request, wanted: str) -> str:
    """Korean or English: as asked for, else as the browser prefers."""
    preferred = [
        entry.split(";")[0].strip() for entry in request.headers.get("accept-language", "").split(",")
    ]
    for name in (request.query_params.get("hl", ""), wanted, *preferred):
        short = name.lower().replace("_", "-").split("-")[0]
        if short in TEXTS:
            return short
    return "en"

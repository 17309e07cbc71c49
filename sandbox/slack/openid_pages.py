"""Slack asks somebody whether they want to be signed in. A plain form: a script may post it too.

`POST /slack/openid/connect/authorize?<the request>` with `account` (a person's key) and `decision` (`allow`
or `cancel`) answers with the redirect that a browser would follow.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.slack.page_texts import texts_for
from sandbox.slack.sending import is_loopback
from sandbox.slack.state import SignIn, Workspace, workspace
from sandbox.slack.templates import CONTENT_POLICY, SECURITY_HEADERS, render
from sandbox.world import World

SCOPES = ("openid", "email", "profile")


@dataclass(frozen=True, slots=True)
class Asked:
    """A valid request to be signed in."""

    scopes: tuple[str, ...]
    redirect_uri: str
    state: str
    nonce: str
    challenge: str


class Unclear(Exception):
    """A request that is answered with an error page: where to send the person back is not to be trusted."""


async def authorize(world: World, request: Request) -> Response:
    """The authorization endpoint, for a browser's GET and for its own form."""
    space, locale = workspace(world), _locale(request)
    try:
        asked = _read(space, request)
    except Unclear as unclear:
        page = render("sign_in_error.html", t=texts_for(locale), locale=locale, error=str(unclear))
        return HTMLResponse(page, HTTPStatus.BAD_REQUEST, SECURITY_HEADERS)
    if request.method == "GET":
        return _page(space, asked, locale)
    form = await request.form()
    if form.get("decision") != "allow":
        return _back(asked, error="access_denied")
    person = world.people.get(str(form.get("account")))
    if person is None or not person.slack_user_id:
        return _page(space, asked, locale)
    return _back(asked, code=_code(space, asked, person.slack_user_id))


def _locale(request: Request) -> str:
    return "ko" if request.headers.get("accept-language", "").startswith("ko") else "en"


def _read(space: Workspace, request: Request) -> Asked:
    """What is asked for. Raises Unclear with Slack's word for what is wrong."""
    query = request.query_params
    scopes = tuple(query.get("scope", "").replace(",", " ").split())
    redirect_uri = query.get("redirect_uri", "")
    if query.get("client_id") != space.client_id:
        raise Unclear("invalid_client_id")
    if not is_loopback(redirect_uri):
        raise Unclear("bad_redirect_uri")
    if query.get("response_type") != "code":
        raise Unclear("invalid_response_type")
    if "openid" not in scopes or not set(scopes) <= set(SCOPES):
        raise Unclear("invalid_scope")
    challenge = query.get("code_challenge", "")
    if challenge and query.get("code_challenge_method") != "S256":
        raise Unclear("invalid_code_challenge_method")
    return Asked(scopes, redirect_uri, query.get("state", ""), query.get("nonce", ""), challenge)


def _code(space: Workspace, asked: Asked, user: str) -> str:
    code = f"sandbox.{secrets.token_hex(16)}"
    now = space.world.now()
    space.codes[code] = SignIn(user, asked.scopes, asked.redirect_uri, asked.nonce, asked.challenge, now)
    return code


def _back(asked: Asked, **answer: str) -> Response:
    """Send the person back to where they came from."""
    answer |= {"state": asked.state} if asked.state else {}
    mark = "&" if urlsplit(asked.redirect_uri).query else "?"
    return RedirectResponse(asked.redirect_uri + mark + urlencode(answer), HTTPStatus.FOUND)


def _page(space: Workspace, asked: Asked, locale: str) -> Response:
    people = [person for person in space.members() if person.slack_user_id not in space.deactivated]
    texts = texts_for(locale)
    page = render("sign_in.html", t=texts, locale=locale, people=people, workspace=space, asked=asked)
    # Browsers apply form-action to the redirect that follows the form, too.
    target = urlsplit(asked.redirect_uri)
    policy = f"{CONTENT_POLICY} {target.scheme}://{target.netloc}"
    return HTMLResponse(page, headers=SECURITY_HEADERS | {"Content-Security-Policy": policy})

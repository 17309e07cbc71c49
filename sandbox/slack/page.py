"""The Slack page: people on the left, their DM with the bot in the middle, kept up to date by polling."""

from __future__ import annotations

import colorsys
import hashlib
from datetime import datetime
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.slack import actions
from sandbox.slack.actions import body_of, member
from sandbox.slack.drawing import messages_html, modal_html, modal_key, view_of
from sandbox.slack.events import send_pending
from sandbox.slack.interactivity import ResponseRefused, respond
from sandbox.slack.page_texts import texts_for
from sandbox.slack.state import Json, Workspace, workspace
from sandbox.slack.templates import SECURITY_HEADERS, STATIC_FILES, render
from sandbox.world import Person, World


def routes(world: World) -> list[BaseRoute]:
    return [
        Route("/slack", partial(everybody, world)),
        Route("/slack/", partial(everybody, world)),
        Route("/slack/dm/{user}", partial(dm, world)),
        Route("/slack/dm/{user}/updates", partial(updates, world)),
        Route("/slack/archives/{channel}", partial(permalink, world)),
        Route("/slack/archives/{channel}/{link}", partial(permalink, world)),
        Route("/slack/avatar/{user}.svg", partial(avatar, world)),
        Route("/slack/actions/{team}/{key}", partial(response_url, world), methods=["POST"]),
        Mount("/slack/static", StaticFiles(directory=STATIC_FILES)),
        *actions.routes(world),
    ]


async def everybody(world: World, request: Request) -> Response:
    """The list of people and nobody's messages."""
    space = workspace(world)
    locale = "ko" if request.headers.get("accept-language", "").startswith("ko") else "en"
    page = render("pick.html", t=texts_for(locale), locale=locale, people=_people(space, None))
    return HTMLResponse(page, headers=SECURITY_HEADERS)


async def dm(world: World, request: Request) -> Response:
    """One person's Slack."""
    space = workspace(world)
    person = member(space, request)
    conversation = space.open_dm(person.slack_user_id)
    new_after = conversation.read_ts if conversation.unread() else ""
    view = view_of(space, person, world.now(), new_after)
    page = render(
        "dm.html",
        t=texts_for(person.locale),
        person=person,
        workspace=space,
        people=_people(space, person),
        messages=messages_html(view),
        modal=modal_html(view),
        modal_key=modal_key(view),
        revision=_mark(space, world.now()),
        new_after=new_after,
    )
    return HTMLResponse(page, headers=SECURITY_HEADERS)


async def updates(world: World, request: Request) -> Response:
    """What changed since a revision (`since`): the page's parts as HTML, or 204."""
    space, query = workspace(world), request.query_params
    person = member(space, request)
    space.open_dm(person.slack_user_id)
    mark = _mark(space, world.now())
    if query.get("since") == mark:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    view = view_of(space, person, world.now(), query.get("read", ""))
    parts = {"revision": mark, "messages": messages_html(view), "people": _people(space, person)}
    modal = {"modal": modal_html(view), "modal_key": modal_key(view)}
    return JSONResponse(parts | modal, headers=SECURITY_HEADERS)


def _mark(space: Workspace, now: datetime) -> str:
    """Names what the page shows; with the hour in it, as "today" becomes "yesterday" by itself."""
    return f"{space.revision}-{now:%y%m%d%H}"


def _people(space: Workspace, chosen: Person | None) -> str:
    """The list of people, those with something unread marked."""
    unread = {c.user for c in space.conversations.values() if c.unread()}
    return render("people.html", people=space.members(), chosen=chosen, unread=unread)


async def permalink(world: World, request: Request) -> Response:
    """A conversation's own address leads to it on the page, a message's to the message."""
    conversation = workspace(world).conversations.get(request.path_params["channel"])
    link = request.path_params.get("link", "")
    if conversation is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return RedirectResponse(f"/slack/dm/{conversation.user}#{link}")


async def avatar(world: World, request: Request) -> Response:
    """A square with somebody's first letter; the colour follows from the id."""
    space, user = workspace(world), request.path_params["user"]
    person = world.by_slack_id(user)
    if person is None and user != space.bot_user_id:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    picture = render("avatar.svg", letter=person.name[:1] if person else "", colour=_colour(user))
    headers = SECURITY_HEADERS | {"Cache-Control": "max-age=3600"}
    return Response(str(picture), media_type="image/svg+xml", headers=headers)


def _colour(user: str) -> str:
    hue = hashlib.sha256(user.encode()).digest()[0] / 256
    red, green, blue = colorsys.hls_to_rgb(hue, 0.42, 0.45)
    return f"#{int(red * 255):02x}{int(green * 255):02x}{int(blue * 255):02x}"


async def response_url(world: World, request: Request) -> Response:
    """What an app answers to a click, later."""
    space, answer = workspace(world), {"ok": True}
    status = HTTPStatus.OK
    try:
        respond(space, request.path_params["key"], await body_of(request))
    except ResponseRefused as refused:
        answer, status = _refusal(refused), refused.status
    send_pending(space)
    return JSONResponse(answer, status)


def _refusal(refused: ResponseRefused) -> Json:
    return {"ok": False, "error": refused.error}

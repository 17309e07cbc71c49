"""An address that leads nowhere is answered as such: Streamlit answers every one with its own first page."""

from __future__ import annotations

from html import escape

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.navigation import ENTRIES
from services.i18n import Translator, translator

KNOWN = frozenset({"", *(entry.url_path for entry in ENTRIES)})
# What is below them answers for itself.
OTHERS = ("/api/", "/_stcore/", "/component/", "/media/", "/static/")
PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<body style="font-family: system-ui, sans-serif; max-width: 36rem; margin: 15vh auto; padding: 0 1.5rem">
<h1>{title}</h1>
<p>{said}</p>
<p><a href="/">{home}</a></p>
"""


class UnknownPages:
    """Puts a plain page with a way Home in the place of Streamlit's wherever there is no page of ours."""

    def __init__(self, app: ASGIApp, *, default_locale: str) -> None:
        self.app = app
        self.default_locale = default_locale

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_known(scope["path"]):
            await self.app(scope, receive, send)
            return
        replaced = False

        async def answer(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_page(message):
                replaced = True
                await self._nothing(scope)(scope, receive, send)
            if not replaced:
                await send(message)

        await self.app(scope, receive, answer)

    def _nothing(self, scope: Scope) -> HTMLResponse:
        wanted = HTTPConnection(scope).headers.get("accept-language", "")
        t = translator(wanted.partition(",")[0], default=self.default_locale)
        return HTMLResponse(page(t), status_code=404)


def is_known(path: str) -> bool:
    """Whether a path is a page's, or of what answers for itself."""
    return path.strip("/") in KNOWN or path.startswith(OTHERS)


def page(t: Translator) -> str:
    """That there is no such page, and the way Home."""
    texts = {
        "title": t.gettext("There is no such page"),
        "said": t.gettext("Nothing is found at this address. It may be mistyped, or from an old message."),
        "home": t.gettext("Go to Home"),
    }
    return PAGE.format(language=t.language, **{name: escape(text) for name, text in texts.items()})


def _is_page(start: Message) -> bool:
    """Whether this is an answer that a browser would show as a page."""
    kind = Headers(raw=start["headers"]).get("content-type", "")
    return bool(start["status"] == 200 and kind.startswith("text/html"))

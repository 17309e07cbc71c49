"""A browser tab without a browser: what one asks of a Streamlit server, and over the same WebSocket."""

from __future__ import annotations

import json
import time
from typing import Any

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState, ContextInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from portal.cookies import USER_COOKIE

XSRF_COOKIE = "_streamlit_xsrf"
ASKED_FIRST = ("/", "/_stcore/health", "/_stcore/host-config")
ANSWER_SECONDS = 20.0


class Tab:
    """One tab with a page open. Opening it is a new session: a WebSocket and the first run of the script.

    `xsrf` is what `load_shell` has returned.
    """

    def __init__(self, url: str, xsrf: str, cookie: str = "") -> None:
        self._page = ""
        self._seen = b""
        cookies = f"{XSRF_COOKIE}={xsrf}" + (f"; {USER_COOKIE}={cookie}" if cookie else "")
        self._stream: ClientConnection = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            origin=Origin(url),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(xsrf)],
            additional_headers={"Cookie": cookies},
            proxy=None,
            legacy=True,
        )
        self._context = ContextInfo(
            timezone="Asia/Seoul", timezone_offset=-540, locale="en-US", url=f"{url}/"
        )
        self.rerun()

    def rerun(self) -> float:
        """Run the script as a click does; seconds from sending until it has finished."""
        state = ClientState(page_script_hash=self._page, context_info=self._context)
        began = time.perf_counter()
        self._stream.send(BackMsg(rerun_script=state).SerializeToString())
        self._seen = b""
        while not self._take(self._stream.recv(ANSWER_SECONDS)):
            pass
        return time.perf_counter() - began

    def shows(self, text: str) -> bool:
        """Whether the last run sent this text."""
        return text.encode() in self._seen

    def close(self) -> None:
        """Close the tab."""
        self._stream.close()

    def _take(self, payload: str | bytes) -> bool:
        """Look at one message; whether it says that the run is over."""
        if isinstance(payload, str):
            raise RuntimeError("Streamlit answered in text")
        self._seen += payload
        message: Any = ForwardMsg.FromString(payload)
        if message.HasField("navigation"):
            self._page = message.navigation.page_script_hash
        kind = message.WhichOneof("type")
        if kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise RuntimeError("the script does not compile")
        if kind == "delta" and message.delta.new_element.HasField("exception"):
            raise RuntimeError(f"the page failed: {message.delta.new_element.exception.message}")
        return kind == "script_finished" and bool(message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY)


def sign_in_cookie(claims: dict[str, Any], *, origin: str, secret: str) -> str:
    """The cookie that Streamlit sets when somebody has signed in."""
    content = json.dumps({"origin": origin, "is_logged_in": True, **claims})
    return create_signed_value(secret, USER_COOKIE, content).decode()


def load_shell(url: str, cookie: str = "") -> str:
    """Ask what a browser asks before it opens the WebSocket; the XSRF token that it is given."""
    with requests.Session() as browser:
        if cookie:
            browser.cookies.set(USER_COOKIE, cookie)
        for path in ASKED_FIRST:
            browser.get(url + path, timeout=ANSWER_SECONDS).raise_for_status()
        return str(browser.cookies[XSRF_COOKIE])

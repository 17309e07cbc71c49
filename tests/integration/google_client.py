"""A client of the sandbox's Google built on Google's own libraries, for the tests beside this file."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import google.auth.transport.requests
import httplib2
import httpx
import requests
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build_from_document  # type: ignore[attr-defined]

from sandbox.app import serve
from sandbox.google.clients import CLIENT_ID, CLIENT_SECRET
from sandbox.google.discovery import document
from sandbox.google.state import Google
from sandbox.world import World

REDIRECT = "http://localhost:8501/oauth/gmail/callback"
READ = "https://www.googleapis.com/auth/gmail.readonly"
SEND = "https://www.googleapis.com/auth/gmail.send"
METADATA = "https://www.googleapis.com/auth/gmail.metadata"
CALENDAR = "https://www.googleapis.com/auth/calendar.readonly"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"


@dataclass
class Client:
    """One OAuth client talking to one sandbox."""

    base: str
    world: World
    http: httpx.Client
    closing: ExitStack
    client_id: str = CLIENT_ID
    secret: str = CLIENT_SECRET

    @property
    def google(self) -> Google:
        assert self.world.google is not None
        return self.world.google

    def flow(self, scopes: Sequence[str] = ("openid", EMAIL, READ), **options: Any) -> Flow:
        """google-auth-oauthlib's flow, as the product uses it."""
        config = {
            "client_id": self.client_id,
            "client_secret": self.secret,
            "auth_uri": f"{self.base}/o/oauth2/v2/auth",
            "token_uri": f"{self.base}/token",
        }
        flow = Flow.from_client_config({"web": config}, list(scopes), redirect_uri=REDIRECT, **options)
        self.closing.callback(flow.oauth2session.close)
        return flow

    def consent(self, url: str, person: str = "seoyeon", ticked: Sequence[str] | None = None) -> str:
        """Post the consent form as a browser would; all boxes ticked unless `ticked` names them."""
        page = self.http.get(url)
        if page.status_code == 302:
            return page.headers["location"]
        scopes = parse_qs(urlsplit(url).query)["scope"][0].split() if ticked is None else list(ticked)
        form = {"account": person, "decision": "allow", "scope": scopes}
        answer = self.http.post(url, data=form)
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]

    def connect(
        self,
        person: str = "seoyeon",
        scopes: Sequence[str] = ("openid", EMAIL, READ),
        ticked: Sequence[str] | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """The whole journey to tokens: the token endpoint's answer."""
        flow = self.flow(scopes)
        url, _ = flow.authorization_url(login_hint=self.world.people[person].google_email, **options)
        return dict(flow.fetch_token(code=code_in(self.consent(url, person, ticked))))

    def token_call(self, **form: str) -> httpx.Response:
        """The token endpoint, plainly."""
        given = {"client_id": self.client_id, "client_secret": self.secret, **form}
        return self.http.post(f"{self.base}/token", data={k: v for k, v in given.items() if v})

    def credentials(self, tokens: dict[str, Any]) -> Credentials:
        return Credentials(  # type: ignore[no-untyped-call]
            tokens["access_token"],
            refresh_token=tokens.get("refresh_token"),
            token_uri=f"{self.base}/token",
            client_id=self.client_id,
            client_secret=self.secret,
        )

    def refresh(self, credentials: Credentials) -> None:
        with requests.Session() as session:
            transport = google.auth.transport.requests.Request(session)
            credentials.refresh(transport)  # type: ignore[no-untyped-call]

    def api(self, tokens: dict[str, Any], name: str = "gmail.v1") -> Any:
        """google-api-python-client's service, pointed at the sandbox; a 401 is not mended by itself."""
        described = copy.deepcopy(document(name))
        described["rootUrl"] = f"{self.base}/"
        described["baseUrl"] = f"{self.base}/{described['servicePath']}"
        credentials = Credentials(tokens["access_token"])  # type: ignore[no-untyped-call]
        http = httplib2.Http(timeout=10)
        self.closing.callback(http.close)
        authorized = AuthorizedHttp(credentials, http=http, max_refresh_attempts=0)
        return build_from_document(described, http=authorized)

    def get(self, path: str, tokens: dict[str, Any], **query: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return self.http.get(f"{self.base}{path}", headers=headers, params=query or None)

    def control(self, method: str, path: str, /, **body: Any) -> dict[str, Any]:
        answer = self.http.request(method, f"{self.base}/_control{path}", json=body or None)
        assert answer.status_code == 200, answer.text
        content: dict[str, Any] = answer.json()
        return content


@contextmanager
def running() -> Iterator[Client]:
    """A sandbox with its cast, and a client of it."""
    world = World("")
    with ExitStack() as closing:
        base = closing.enter_context(serve(world))
        http = closing.enter_context(httpx.Client(timeout=10))
        yield Client(base, world, http, closing)


def code_in(location: str) -> str:
    """The code in the address that a browser is sent back to."""
    return parse_qs(urlsplit(location).query)["code"][0]

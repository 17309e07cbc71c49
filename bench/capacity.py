"""What the sandbox itself can take: one briefing's three requests, replayed by clients that do no more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bench.people import Connected
from services.settings import Settings
from services.sources.gmail.queries import inbox_queries
from services.sources.records import MailBatch

CONNECTIONS = 5  # of one bare client
REQUESTS_A_PERSON = 3
BOUNDARY = "bare"


@dataclass(frozen=True)
class Capacity:
    """Requests a second that one bare client got answered, and that two did."""

    one: float
    two: float

    @property
    def people(self) -> float:
        """People a second that the sandbox can serve at least."""
        return max(self.one, self.two) / REQUESTS_A_PERSON

    @property
    def saturated(self) -> bool:
        """Whether a second client made no difference: then this is the sandbox's limit."""
        return self.two < 1.1 * self.one


def measure_capacity(
    settings: Settings, person: Connected, access_token: str, mail: MailBatch, seconds: float
) -> Capacity:
    """Replay this person's requests without latency, with one client and then with two."""
    requests = _requests(settings, person, access_token, mail)
    one, two = (_replay(settings.gmail_api_url, requests, clients, seconds) for clients in (1, 2))
    return Capacity(one, two)


def _replay(root: str, requests: list[str], clients: int, seconds: float) -> float:
    address = urlsplit(root)
    told = json.dumps(
        {
            "host": address.hostname,
            "port": address.port,
            "requests": requests,
            "connections": CONNECTIONS,
            "seconds": seconds,
        }
    )
    command = [sys.executable, "-m", "bench.bare_client"]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(clients)
    ]
    answers = [int(process.communicate(told)[0]) for process in running]
    return sum(answers) / seconds


def _requests(settings: Settings, person: Connected, access_token: str, mail: MailBatch) -> list[str]:
    refresh = {
        "grant_type": "refresh_token",
        "refresh_token": person.token.refresh_token,
        "client_id": person.token.client_id,
        "client_secret": person.token.client_secret,
    }
    queries = inbox_queries(mail.since, mail.details_since)
    searches = (queries.marked, queries.personal, queries.everything)
    messages = "/gmail/v1/users/me/messages"
    lists = [f"{messages}?{urlencode({'q': query, 'maxResults': 500})}" for query in searches]
    gets = [f"{messages}/{message.id}?format=full" for message in mail.mails]
    token_path = urlsplit(settings.google_token_uri).path
    return [
        _http(token_path, "application/x-www-form-urlencoded", urlencode(refresh)),
        _http("/batch", f"multipart/mixed; boundary={BOUNDARY}", _multipart(lists), access_token),
        _http("/batch", f"multipart/mixed; boundary={BOUNDARY}", _multipart(gets), access_token),
    ]


def _http(path: str, content_type: str, body: str, access_token: str = "") -> str:
    lines = [f"POST {path} HTTP/1.1", "Host: sandbox", f"Content-Type: {content_type}"]
    lines += [f"Content-Length: {len(body)}"]
    lines += [f"Authorization: Bearer {access_token}"] if access_token else []
    return "\r\n".join([*lines, "", body])


def _multipart(paths: Iterable[str]) -> str:
    part = "--{}\r\nContent-Type: application/http\r\nContent-ID: <{}>\r\n\r\nGET {} HTTP/1.1\r\n\r\n"
    return "".join(part.format(BOUNDARY, n, path) for n, path in enumerate(paths)) + f"--{BOUNDARY}--\r\n"

"""Many requests in one round trip (multipart/mixed), and another round for those parts that failed.

Not the library's own batch: that refreshes tokens by itself on an inner 401, loses every answer when one is
missing, retries nothing, and parses mail with the e-mail parser (five times the work, nine times the
memory of an answer).
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from services.errors import SourceError, SourceUnavailable
from services.sources.google_api import Api, send
from services.sources.google_errors import error_of, read_answer
from services.sources.meter import UNMETERED, Meter

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

BATCH_LIMIT = 50  # Google takes 100 and advises 50
BACKOFF = (0.5, 1.0, 2.0)  # seconds before each further round, at most; half of it at least
LONGEST_WAIT = 8.0  # seconds; whoever asks for more is not waited for

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


@dataclass(slots=True)
class BatchAnswers:
    """What came of each request: in `answers` or in `errors`. `sent` counts requests, further rounds too."""

    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, SourceError] = field(default_factory=dict)
    sent: int = 0

    def take(self, other: BatchAnswers) -> None:
        """Put a further round's outcome in place of what was known before."""
        self.sent += other.sent
        self.answers |= other.answers
        self.errors = {k: v for k, v in self.errors.items() if k not in other.answers} | other.errors


def run_batch(
    credentials: Credentials,
    api: Api,
    uris: Mapping[str, str],
    *,
    units: int = 0,
    meter: Meter = UNMETERED,
    sleep: Callable[[float], None] = time.sleep,
) -> BatchAnswers:
    """GET up to 50 URIs in one round trip; those that fail transiently again, in up to 3 more.

    Each costs so many `units`, which the meter is asked for before every round.

    Raises SourceUnavailable when the first round brings nothing at all, SourceRefused `unauthorized` when a
    part says so: then nothing else would work either. Any other part's failure is in `errors`.
    """
    if not uris:
        return BatchAnswers()
    outcome = _metered_round(credentials, api, uris, units, meter)
    for longest in BACKOFF:
        again = {key: uris[key] for key, error in outcome.errors.items() if not error.permanent}
        wait = _wait(longest, [outcome.errors[key] for key in again])
        if not again or wait > LONGEST_WAIT:
            break
        sleep(wait)
        try:
            outcome.take(_metered_round(credentials, api, again, units, meter))
        except SourceUnavailable:
            outcome.sent += len(again)  # what the first round brought is kept
    return outcome


def _wait(longest: float, errors: list[SourceError]) -> float:
    """Seconds until the next round: the longest that any part asks for, and some jitter."""
    asked = max((e.retry_after or 0.0 for e in errors if isinstance(e, SourceUnavailable)), default=0.0)
    return max(asked, random.uniform(longest / 2, longest))  # noqa: S311 - jitter is no secret


def _metered_round(
    credentials: Credentials, api: Api, uris: Mapping[str, str], units: int, meter: Meter
) -> BatchAnswers:
    meter.take(units * len(uris))
    try:
        outcome = _one_round(credentials, api, uris)
    except SourceUnavailable as exc:
        meter.note(exc)
        raise
    limited = [e for e in outcome.errors.values() if isinstance(e, SourceUnavailable) and e.retry_after]
    if limited:
        meter.note(max(limited, key=lambda error: error.retry_after or 0.0))
    return outcome


def _one_round(credentials: Credentials, api: Api, uris: Mapping[str, str]) -> BatchAnswers:
    # Named afresh for each round, so that no answer to another one can be taken for ours.
    names = {f"{uuid4().hex}-{n}": key for n, key in enumerate(uris)}
    boundary = uuid4().hex
    headers = {"content-type": f'multipart/mixed; boundary="{boundary}"'}
    payload = _payload(boundary, {name: uris[key] for name, key in names.items()})
    response, body = send(credentials, api.batch_uri, "POST", headers, payload)
    if response.status != 200:
        raise error_of(response.status, response, body)
    outcome = BatchAnswers(sent=len(uris))
    for name, status, inner_headers, content in _parts(response.get("content-type", ""), body):
        if key := names.pop(name, None):
            _sort_in(outcome, key, status, inner_headers, content)
    for key in names.values():
        outcome.errors[key] = SourceUnavailable("the batch's answer lacks this part")
    return outcome


def _sort_in(outcome: BatchAnswers, key: str, status: int, headers: dict[str, str], content: bytes) -> None:
    try:
        outcome.answers[key] = read_answer(status, headers, content)
    except SourceError as error:
        if error.code == "unauthorized":
            raise
        outcome.errors[key] = error


def _payload(boundary: str, uris: Mapping[str, str]) -> bytes:
    lines: list[str] = []
    for name, uri in uris.items():
        url = urlsplit(uri)
        lines += [f"--{boundary}", "Content-Type: application/http", f"Content-ID: <{name}>", ""]
        lines += [f"GET {url.path}?{url.query} HTTP/1.1", f"Host: {url.netloc}", "Accept: application/json"]
        lines += ["", ""]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode()


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, int, dict[str, str], bytes]]:
    """(Content-ID as we gave it, status, headers, content) of each part that can be read."""
    for piece in (b"\n" + body).split(b"\n--" + _boundary(content_type))[1:]:
        outer, _, rest = _halves(piece)
        inner, found, content = _halves(rest)
        status_line, _, inner_headers = inner.partition(b"\n")
        status = re.match(rb"HTTP/[\d.]+ (\d{3})", status_line)
        if found and status:
            name = _headers(outer).get("content-id", "").strip("<>").removeprefix("response-")
            yield name, int(status[1]), _headers(inner_headers), content


def _boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    if not boundary or message.get_content_maintype() != "multipart":
        raise SourceUnavailable("the answer to a batch is not the API's: no multipart")
    return boundary.encode("ascii", "replace")


def _halves(block: bytes) -> tuple[bytes, bool, bytes]:
    """What is before and after the first blank line, and whether there is one."""
    found = _BLANK_LINE.search(block)
    return (block[: found.start()], True, block[found.end() :]) if found else (block, False, b"")


def _headers(block: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in block.decode("latin-1").splitlines())
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}

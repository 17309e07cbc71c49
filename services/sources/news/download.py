"""One feed over HTTP: conditional, through few redirects, never more than `BODY_LIMIT` bytes of it."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from services.errors import SourceError, SourceRefused, SourceUnavailable

BODY_LIMIT = 2_000_000  # bytes, unpacked
REDIRECTS = 5
VALIDATOR_LIMIT = 512
TIMEOUT = httpx.Timeout(5.0, connect=3.0)
HEADERS = {
    "User-Agent": "briefing-portal (feed reader)",
    "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1",
    "Accept-Encoding": "gzip",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A feed's answer: `body` is None where nothing has changed; `url` is where it came from in the end."""

    body: bytes | None
    content_type: str
    url: str
    etag: str
    last_modified: str


async def download(client: httpx.AsyncClient, url: str, *, etag: str, last_modified: str) -> Answer:
    """Fetch a feed, or hear that it is still the one of these validators (empty: none are known).

    Raises SourceError with a short code: `http_404`, `timeout`, `too_large`, `too_many_redirects`,
    `bad_encoding`, `bad_answer`, `unreachable`, and what the client's transport refuses.
    """
    validators = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    known = {name: value for name, value in validators.items() if value}
    try:
        request = client.build_request("GET", url, headers=HEADERS | known)
        for _ in range(REDIRECTS + 1):
            async with _sent(client, request) as response:
                if response.next_request is None:
                    return await _answer(response, conditional=bool(known))
                request = response.next_request
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise _explained(exc) from exc
    raise SourceUnavailable("the feed redirects without end", code="too_many_redirects")


@asynccontextmanager
async def _sent(client: httpx.AsyncClient, request: httpx.Request) -> AsyncIterator[httpx.Response]:
    """An answer whose body is still to be read; redirects are followed by hand, so theirs never is."""
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        yield response
    finally:
        await response.aclose()


async def _answer(response: httpx.Response, *, conditional: bool) -> Answer:
    unchanged = response.status_code == 304 and conditional
    if response.status_code != 200 and not unchanged:
        error = SourceRefused if response.status_code in (401, 403, 404, 410) else SourceUnavailable
        raise error(f"the feed answered {response.status_code}", code=f"http_{response.status_code}")
    return Answer(
        body=None if unchanged else await _body(response),
        content_type=response.headers.get("content-type", ""),
        url=str(response.url.copy_with(userinfo=b"")),  # it becomes part of the links that people see
        etag=_validator(response, "etag"),
        last_modified=_validator(response, "last-modified"),
    )


async def _body(response: httpx.Response) -> bytes:
    """The unpacked body; unpacking stops at the limit too, so that a small bomb stays small."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate", "identity", ""):
        raise SourceUnavailable(f"the feed is packed as {encoding[:40]!r}", code="bad_encoding")
    unpacker = None if encoding in ("identity", "") else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk if unpacker is None else _unpacked(unpacker, chunk, BODY_LIMIT + 1 - len(body))
        if len(body) > BODY_LIMIT:
            raise SourceUnavailable(f"the feed is larger than {BODY_LIMIT:,} bytes", code="too_large")
    return bytes(body)


def _unpacked(unpacker: zlib._Decompress, chunk: bytes, limit: int) -> bytes:
    try:
        return unpacker.decompress(chunk, limit)
    except zlib.error as exc:
        raise SourceUnavailable("the feed is packed wrongly", code="bad_encoding") from exc


def _validator(response: httpx.Response, name: str) -> str:
    """A validator to send back next time, or nothing where it could not be sent or stored."""
    value: str = response.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and len(value) <= VALIDATOR_LIMIT else ""


def _explained(exc: httpx.HTTPError | httpx.InvalidURL) -> SourceError:
    if isinstance(exc, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return SourceRefused("the feed's address is none", code="refused_address")
    if isinstance(exc, httpx.TimeoutException):
        return SourceUnavailable("the feed does not answer in time", code="timeout")
    if isinstance(exc, httpx.ProtocolError):
        return SourceUnavailable("the feed's answer is not HTTP", code="bad_answer")
    return SourceUnavailable(f"the feed cannot be reached: {type(exc).__name__}", code="unreachable")

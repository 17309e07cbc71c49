"""Batches: many calls in one multipart/mixed request, answered part by part."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from http.client import responses
from secrets import token_urlsafe
from urllib.parse import urlsplit

from sandbox.google.api import Request
from sandbox.google.errors import Answer, invalid_argument

PARTS_LIMIT = 100

_BLANK_LINE = re.compile(rb"\r?\n\r?\n")

AnswerPart = Callable[[Request], Awaitable[Answer | None]]


@dataclass(frozen=True, slots=True)
class Part:
    """One call within a batch; `content_id` comes back with the answer."""

    content_id: str
    request: Request


def read_batch(content_type: str, body: bytes, authorization: str) -> list[Part]:
    """The calls of a batch. A part without a token of its own uses the batch's `authorization`."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/mixed" or not boundary:
        raise invalid_argument(
            "Failed to parse batch request, error: 400 Content-Type is not multipart/mixed."
        )
    parts = [_part(chunk, authorization) for chunk in _chunks(body, boundary.encode())]
    if not parts:
        raise invalid_argument("Failed to parse batch request, error: 0 parts.")
    if len(parts) > PARTS_LIMIT:
        raise invalid_argument(f"The batch has {len(parts)} calls, which exceeds the limit of {PARTS_LIMIT}.")
    return parts


async def answer_batch(parts: list[Part], answer: AnswerPart) -> tuple[str, bytes]:
    """Content type and body of the answer; a part whose answer is None is left out."""
    boundary = f"batch_{token_urlsafe(24)}"
    answers = [(part, await answer(part.request)) for part in parts]
    chunks = [_written(part.content_id, a, boundary) for part, a in answers if a is not None]
    return f"multipart/mixed; boundary={boundary}", b"".join(chunks) + f"--{boundary}--\r\n".encode()


def _chunks(body: bytes, boundary: bytes) -> Iterator[bytes]:
    for chunk in body.split(b"--" + boundary)[1:]:
        if chunk.startswith(b"--"):
            return
        yield chunk.lstrip(b"\r\n")


def _part(chunk: bytes, authorization: str) -> Part:
    outer, inner = _split(chunk)
    head, body = _split(inner)
    request_line, _, rest = head.partition(b"\n")
    words = request_line.decode("latin-1").split()
    if len(words) != 3:
        raise invalid_argument("Failed to parse batch request, error: 400 Malformed request line.")
    address = urlsplit(words[1])
    presented = _headers(rest).get("authorization", authorization)
    request = Request(words[0].upper(), address.path, address.query, presented, body.rstrip(b"\r\n"))
    return Part(_headers(outer).get("content-id", ""), request)


def _split(content: bytes) -> tuple[bytes, bytes]:
    end = _BLANK_LINE.search(content)
    return (content[: end.start()], content[end.end() :]) if end else (content, b"")


def _headers(block: bytes) -> dict[str, str]:
    pairs = (line.partition(":") for line in block.decode("latin-1").splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _written(content_id: str, answer: Answer, boundary: str) -> bytes:
    reply_to = f"Content-ID: <response-{content_id.strip('<>')}>\r\n" if content_id else ""
    headers = {"Content-Type": "application/json; charset=UTF-8"} | answer.headers
    phrase = responses.get(answer.status, "")
    head = "".join(
        [
            f"--{boundary}\r\nContent-Type: application/http\r\n{reply_to}\r\n",
            f"HTTP/1.1 {answer.status} {phrase}\r\n",
            *(f"{name}: {value}\r\n" for name, value in headers.items()),
            f"Content-Length: {len(answer.body)}\r\n\r\n",
        ]
    )
    return head.encode() + answer.body + b"\r\n"

"""Sending from somebody's own mailbox, and looking there for what may have been sent."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

from services.errors import MailAmbiguous, SourceError, SourceUnavailable
from services.sources.gmail.client import ask, gmail, listed_ids
from services.sources.gmail.queries import GET_UNITS, LIST_UNITS
from services.sources.google_errors import error_of
from services.sources.meter import Meter

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SEND_UNITS = 100
LOOKED_AT = 10
LOOK_BACK = timedelta(minutes=5)  # between our clock and Gmail's


def send(credentials: Credentials, raw: bytes, *, root: str, seconds: float) -> None:
    """Send one mail, in one call that is never repeated here.

    Raises MailAmbiguous where it may have been sent, SourceUnavailable where it certainly was not,
    SourceRefused where it never will be.
    """
    headers: dict[str, str] = {}
    credentials.apply(headers)  # type: ignore[no-untyped-call]
    body = {"raw": base64.urlsafe_b64encode(raw).decode()}
    try:
        answer = httpx.post(gmail(root).sending, json=body, headers=headers, timeout=seconds)
    except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
        raise SourceUnavailable("Gmail cannot be reached") from exc
    except httpx.HTTPError as exc:
        raise MailAmbiguous(f"no usable answer from Gmail ({type(exc).__name__})") from exc
    if answer.is_success:
        return
    error = error_of(answer.status_code, answer.headers, answer.content)
    if isinstance(error, SourceUnavailable) and error.code != "rate_limited":
        raise MailAmbiguous(f"no usable answer from Gmail ({answer.status_code})") from error
    raise error


def find(
    credentials: Credentials, header: str, value: str, *, root: str, since: datetime, meter: Meter
) -> str | None:
    """The id of the mail with this header that was sent to oneself since then, or None. Raises SourceError.

    Not by its Message-ID, which Gmail may replace by one of its own.
    """
    client = gmail(root)
    query = f"in:sent to:me after:{int((since - LOOK_BACK).timestamp())}"
    listed = ask(credentials, client.listing(query, LOOKED_AT), LIST_UNITS, meter)
    for id_ in listed_ids(listed):
        uri = f"{client.message(id_, 'metadata')}&metadataHeaders={header}"
        try:
            found = ask(credentials, uri, GET_UNITS, meter)
        except SourceError as exc:
            if exc.code == "not_found":
                continue
            raise
        if value in _values(found, header):
            return id_
    return None


def _values(resource: dict[str, Any], header: str) -> Iterable[str]:
    headers = (resource.get("payload") or {}).get("headers") or ()
    return [str(h.get("value")) for h in headers if str(h.get("name")).lower() == header.lower()]

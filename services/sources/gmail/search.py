"""A search in a mailbox in two round trips: what matches is counted, the newest of it read."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.errors import SourceUnavailable
from services.sources.gmail.client import Format, ask, gmail, listed_ids
from services.sources.gmail.fetch import Pacing, Sleep, read_messages
from services.sources.gmail.queries import LIST_UNITS
from services.sources.meter import UNMETERED, Meter
from services.sources.records import Mail

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

COUNTED = 100  # Gmail's own estimate is a guess; as many ids cost as much as one


@dataclass(frozen=True, slots=True)
class FoundMail:
    """`mails` are the newest that match, as far as they can be read; their texts only where asked for.

    `count` is how many match, counted up to 100; `more`: there are more than that.
    """

    mails: tuple[Mail, ...] = ()
    count: int = 0
    more: bool = False


def search_mail(
    credentials: Credentials,
    *,
    root: str,
    owner: str,
    query: str,
    limit: int,
    fmt: Format = "metadata",
    meter: Meter = UNMETERED,
    sleep: Sleep = time.sleep,
) -> FoundMail:
    """What matches Gmail's `query`; at most `limit` (up to 50) of it is read, `full` with its texts.

    Raises SourceError.
    """
    client = gmail(root)
    listed = ask(credentials, client.listing(query, COUNTED), LIST_UNITS, meter)
    ids = listed_ids(listed)
    read = read_messages(credentials, client, owner, ids[:limit], Pacing(meter, sleep), fmt=fmt)
    if read.failed and not read.mails:
        raise SourceUnavailable("none of the messages found could be read")
    return FoundMail(tuple(read.mails), len(ids) - len(read.gone), more="nextPageToken" in listed)

"""A first look at somebody's exported mail: whose it is, and from when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from sandbox.google.mime import header_text
from sandbox.incoming import header_block
from sandbox.mailboxes import Mailbox, Message
from sandbox.mailfiles import load_file

LOOKED_AT = 500
RECENT = timedelta(hours=72)
ENOUGH = 3
NOBODY = "you@mail.example"

# Who got a mail, from the surest sign to the weakest.
_DELIVERED = ("Delivered-To", "X-Original-To", "Envelope-To")
_ADDRESSED = ("To", "Cc")


@dataclass(frozen=True, slots=True)
class Survey:
    """What an export holds. `newest` are its messages, newest first; `owner` and `name` are whose it is.

    `dated` are those not dated after now, which some senders' clocks are; all where there is no other.
    """

    owner: str
    name: str
    newest: tuple[Message, ...]
    dated: tuple[Message, ...]

    @property
    def last(self) -> datetime:
        """When the newest mail came."""
        return self.dated[0].internal_date

    @property
    def recent(self) -> int:
        """How many came in the three days up to the newest."""
        return sum(self.last - message.internal_date <= RECENT for message in self.dated)

    @property
    def is_sparse(self) -> bool:
        """Whether so little came lately that a morning's briefing would say nothing of the rest."""
        return self.recent < min(ENOUGH, len(self.dated))


def survey(path: Path, *, now: datetime) -> Survey:
    """Read an .eml or .mbox. Raises ValueError with what was found where it is neither, OSError."""
    mailbox = Mailbox(owner=NOBODY)
    load_file(path, mailbox, now=now)
    newest = tuple(mailbox.newest_first())
    if not newest:
        raise ValueError(f"{path.name} holds no mail")
    owner, name = _owner(newest[:LOOKED_AT])
    dated = tuple(message for message in newest if message.internal_date <= now)
    return Survey(owner, name, newest, dated or newest)


def _owner(messages: tuple[Message, ...]) -> tuple[str, str]:
    """Whom most mail was delivered to, or else addressed to."""
    headers = [BytesHeaderParser().parsebytes(header_block(message.read())) for message in messages]
    for names in (_DELIVERED, _ADDRESSED):
        found = Counter(address for one in headers for _, address in set(_addresses(one, names)))
        if found:
            owner = found.most_common(1)[0][0]
            return owner, _name_of(owner, headers)
    return NOBODY, ""


def _name_of(owner: str, headers: list[Headers]) -> str:
    known = (n for one in headers for n, address in _addresses(one, ("To", "Cc", "From")) if address == owner)
    return next((name for name in known if name and "@" not in name), "")


def _addresses(headers: Headers, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    values = [header_text(str(value)) for name in names for value in headers.get_all(name, [])]
    for name, address in getaddresses(values):
        local, at, domain = address.strip().lower().partition("@")
        if local and at and domain and " " not in address and "@" not in domain:
            yield name.strip(), f"{local}@{domain}"

"""A person's own recent mail, for a program of theirs."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from portal import runtime
from portal.routes.api.access import Owner
from portal.routes.api.names import PersonInQuery
from portal.routes.api.problems import refusals
from services.mail_reading import read_recent_mail

router = APIRouter(tags=["mail"])


class Correspondent(BaseModel):
    """Somebody in a mail's headers."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["Kim Minjun"])
    email: str = Field(examples=["minjun@example.com"])


class Enclosure(BaseModel):
    """A named part of a mail; `size` in bytes."""

    model_config = ConfigDict(from_attributes=True)

    filename: str = Field(examples=["estimate.pdf"])
    media_type: str = Field(examples=["application/pdf"])
    size: int = Field(examples=[48_213])


class Message(BaseModel):
    """One mail: `text` is its newest part without quotes and signatures, at most 2,000 characters."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["18f0c2a4b5d6e7f8"])
    thread_id: str = Field(examples=["18f0c2a4b5d6e7f8"])
    sender: Correspondent
    to: list[Correspondent]
    cc: list[Correspondent]
    subject: str = Field(examples=["The estimate for January"])
    text: str = Field(examples=["Please have a look until Friday."])
    received_at: datetime
    labels: set[str] = Field(examples=[["INBOX", "UNREAD", "IMPORTANT"]])
    link: str = Field(description="opens it in Gmail")
    attachments: list[Enclosure]


class Messages(BaseModel):
    """The inbox since `since`: `total` new mails, the best nine of them in full."""

    mailbox: str = Field(examples=["someone@example.com"])
    since: datetime
    total: int = Field(examples=[13])
    messages: list[Message]


@router.get(
    "/messages",
    responses=refusals(
        "not_a_mail_key", "forbidden", "not_connected", "source_refused", "source_unavailable"
    ),
)
def recent_messages(request: Request, owner: Owner, user_id: PersonInQuery) -> Messages:
    """New mail of the last 24 hours, as the briefing would read it. Only the mailbox owner's key opens it."""
    network = _network(request.client.host if request.client is not None else "")
    batch = read_recent_mail(runtime.current(), owner, user_id, source=network, now=datetime.now(UTC))
    return Messages(
        mailbox=batch.owner,
        since=batch.since,
        total=len(batch.new_ids),
        messages=[Message.model_validate(mail) for mail in batch.mails],
    )


def _network(address: str) -> str:
    """Where a call came from, without the part that leads to one person: that line is kept for ever."""
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    return str(ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))

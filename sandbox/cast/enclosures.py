"""What comes with letters: documents, invitations, delivery reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.cast.letters import Address, File

_PDF = (
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n% {name}\n"
    "trailer<</Root 1 0 R>>\n%%EOF\n"
)
_SHEET = "품목,수량,단가,금액\n모듈 A,120,18000,2160000\n모듈 B,40,52000,2080000\n설치,1,850000,850000\n"


def enclosed(name: str) -> File:
    """A file of this name: a page of paper, or a table in the charset that Korean spreadsheets expect."""
    if name.endswith(".csv"):
        return File(name, "text/csv", _SHEET.encode("cp949"))
    return File(name, "application/pdf", _PDF.replace("{name}", name).encode())


def invitation(
    uid: str, summary: str, organizer: Address, guest: Address, start: datetime, hours: float, location: str
) -> str:
    """An iCalendar request for one meeting."""
    end = start + timedelta(hours=hours)
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "PRODID:-//Sandbox//Calendar//EN",
            "VERSION:2.0",
            "METHOD:REQUEST",
            "BEGIN:VEVENT",
            f"UID:{uid}@mail.example",
            f"DTSTAMP:{_stamp(start - timedelta(days=2))}",
            f"DTSTART:{_stamp(start)}",
            f"DTEND:{_stamp(end)}",
            f"SUMMARY:{summary}",
            f"LOCATION:{location}",
            f"ORGANIZER;CN={organizer[0]}:mailto:{organizer[1]}",
            f"ATTENDEE;CN={guest[0]};PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{guest[1]}",
            "STATUS:CONFIRMED",
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def delivery_report(recipient: str) -> tuple[File, ...]:
    """The machine-readable parts of a bounce: the status, and the headers of the mail that came back."""
    status = (
        "Reporting-MTA: dns; mail.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 The email account that you tried to reach does not exist.\n"
    )
    returned = f"To: {recipient}\nSubject: Re: Delivery\n"
    return (
        File("", "message/delivery-status", status.encode()),
        File("", "text/rfc822-headers", returned.encode()),
    )

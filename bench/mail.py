"""A day's mail as offices get it: twenty messages, twelve of them from people, the rest from machines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

MESSAGES = 20
FROM_PEOPLE = 12

_SAID = (
    "안녕하세요,\n\n보내 주신 견적서를 검토했습니다. 2번 항목의 수량이 지난번 통화에서 말씀드린 것과 다른데 "
    "확인 부탁드립니다. 오늘 오후 3시까지 회신 주시면 내일 계약을 진행하겠습니다.\n\n"
    "감사합니다.\n이정민 드림\n\n"
)
_QUOTED = "".join(
    f"> 지난 메일의 {n}번째 줄입니다. 납품 일정과 검수 조건을 정리했습니다.\n" for n in range(30)
)
_ROW = (
    '<tr><td style="padding:12px;font-family:Arial,sans-serif;font-size:14px;color:#333333">'
    '<a href="https://news.example.com/item/{n}">Item {n} of this week</a><p>What teams like yours did with '
    "it, and why it took them less time than they had thought.</p></td></tr>"
)


def mbox_of_a_day(owner: str, now: datetime) -> bytes:
    """The owner's mail of the last day as an .mbox file."""
    return b"".join(
        b"From sender@example.com Sat Nov 21 00:00:00 2026\n" + message.as_bytes().rstrip() + b"\n\n"
        for message in _messages(owner, now)
    )


def _messages(owner: str, now: datetime) -> Iterator[EmailMessage]:
    for n in range(MESSAGES):
        message = EmailMessage()
        message["Date"] = format_datetime(now - timedelta(minutes=30 * n + 5))
        message["To"] = owner
        message["Message-ID"] = f"<{n}.{owner}>"
        if n < FROM_PEOPLE:
            _from_somebody(message, n)
        else:
            _from_a_machine(message, n)
        yield message


def _from_somebody(message: EmailMessage, n: int) -> None:
    message["From"] = f"이정민 <lee{n}@example.com>"
    message["Subject"] = f"Re: 3분기 납품 견적 확인 요청 ({n})"
    message["X-Gmail-Labels"] = "Inbox,Unread,Important"
    said = f"{_SAID}2026년 11월 20일 (금) 오전 9:12, 김하나 <kim@example.com>님이 작성:\n{_QUOTED}"
    message.set_content(said)
    if n % 2:
        message.add_alternative(f"<div>{said.replace(chr(10), '<br>')}</div>", subtype="html")
    if n % 4 == 3:
        message.add_attachment(bytes(150_000), "application", "pdf", filename="견적서.pdf")


def _from_a_machine(message: EmailMessage, n: int) -> None:
    message["From"] = f"Weekly <weekly{n}@news.example.com>"
    message["Subject"] = f"This week, number {n}"
    message["List-Unsubscribe"] = "<https://news.example.com/stop>"
    message["X-Gmail-Labels"] = "Inbox,Unread,Category Promotions"
    rows = "".join(_ROW.format(n=row) for row in range(80))
    message.set_content(f"<html><body><table>{rows}</table></body></html>", subtype="html")

"""What may have been meant by a message that was not surely understood."""

from __future__ import annotations

from datetime import time, timedelta

from services.assistant.understanding.message import Message
from services.assistant.understanding.period import at
from services.assistant.understanding.phrases import compiled
from services.assistant.understanding.question_words import HAS_BRIEFING, HAS_EVENT, HAS_MAIL
from services.assistant.understanding.requests import (
    BriefingNow,
    CalendarQuestion,
    ChangeTime,
    Connect,
    DeleteData,
    Disconnect,
    MailSearch,
    Pause,
    Request,
    Resume,
    Status,
)

MOST = 3
_CUSTOMARY = time(8, 30)
_TIME = compiled("시간", "시각", "늦게", "일찍", "time", "later", "earlier")
_STOP = compiled(
    "쉬", "멈", "중지", "정지", "그만", "휴가", "pause[ds]?", "stop(?:s|ped)?", "skip", "vacation",
    "holidays?", "보내지", "off", "평일", "주말", "구독", "unsubscribe",
)  # fmt: skip
_ON = compiled("재개", "켜", "resume", "restart", "start", "on", "back")
_BACK = compiled("back", "휴가 ?끝[가-힣]*", "복귀[가-힣]*")
_DISCONNECT = compiled("끊", "해제", "해지", "disconnect", "unlink", "revoke")
_CONNECT = compiled("연결", "연동", "로그인", "connect", "connected", "link", "login")
_DELETE = compiled(
    "(?:데이터|정보|계정|기록|대화).*(?:삭제|지우|지워)", "탈퇴",
    "(?:delete|erase|remove) .*(?:data|account|conversations?|history)",
)  # fmt: skip


def suggestions(message: Message) -> tuple[Request, ...]:
    """At most three requests, most likely first."""
    text, clocks = message.text, message.clocks
    today = message.today.day
    calendar = CalendarQuestion(
        at(today, time.min, message.zone), at(today + timedelta(days=1), time.min, message.zone)
    )
    likely: list[tuple[bool, Request]] = [
        (bool(_DELETE.search(text)), DeleteData()),
        (bool(_DISCONNECT.search(text)), Disconnect()),
        (bool(_STOP.search(text)), Pause()),
        (bool(_ON.search(text) and (HAS_BRIEFING.search(text) or _BACK.search(text))), Resume()),
        (bool(clocks or _TIME.search(text)), ChangeTime(clocks[0].at if clocks else _CUSTOMARY)),
        (bool(_CONNECT.search(text)), Connect()),
        (bool(_CONNECT.search(text)), Status()),
        (bool(HAS_BRIEFING.search(text)), BriefingNow()),
        (bool(HAS_EVENT.search(text)), calendar),
        (bool(HAS_MAIL.search(text)), MailSearch()),
    ]
    found = [request for holds, request in likely if holds]
    return tuple((found or [BriefingNow(), calendar, MailSearch()])[:MOST])

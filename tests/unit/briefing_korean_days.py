"""A Korean team lead's days: what the sources gave, and what was missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from services.briefing.model import Missing
from services.sources.records import Address, Invitation, NewsBatch
from tests.unit.briefing_cast import IMPORTANT, at, batch, event, inputs, mail, story

MAILS = (
    mail(
        "contract",
        subject="계약서 3조 검토 부탁드립니다",
        text="안녕하세요, 파트너사 이영희입니다.\n"
        "보내 드린 계약서 3조 2항을 오늘 오후 5시까지 검토하시고 의견 주시면 감사하겠습니다.",
        received_at=at(20, 8, 12),
        labels=IMPORTANT,
        attachment_count=1,
    ),
    mail(
        "board",
        sender=Address("박서준 대표", "ceo@example.com"),
        subject="월요일 이사회 자료",
        text="숫자는 확정됐나요? 일요일 저녁까지 한 장으로 정리해 주세요.",
        received_at=at(19, 19, 40),
    ),
    mail(
        "bounce",
        sender=Address("Mail Delivery Subsystem", "mailer-daemon@example.net"),
        subject="Delivery Status Notification (Failure)",
        received_at=at(19, 18, 2),
        bounce=True,
        bulk=True,
        failed_recipient="hong@old.example",
    ),
    mail(
        "place",
        thread_id="workshop",
        sender=Address("정하늘", "sky@example.com"),
        subject="Re: 워크숍 장소",
        text="1안은 주차가 어렵다고 합니다.",
        received_at=at(19, 16),
        is_reply=True,
    ),
    mail(
        "place 2",
        thread_id="workshop",
        sender=Address("최지우", "jiwoo@example.com"),
        subject="Re: 워크숍 장소",
        text="저는 2안이 좋습니다. 예약할까요?",
        received_at=at(19, 17, 5),
        is_reply=True,
    ),
    mail(
        "review",
        sender=Address("한소라", "sora@example.com"),
        subject="초대: 분기 회고",
        received_at=at(19, 15),
        bulk=True,
        invitation=Invitation("REQUEST", "분기 회고", at(24, 15), "3층 회의실"),
    ),
)
MAIL = batch(*MAILS)
MAIL = replace(
    MAIL,
    new_ids=(*MAIL.new_ids, *(f"letter {n}" for n in range(23)), "offer", "question"),
    candidate_ids=(*MAIL.candidate_ids, "offer", "question"),
)
CALENDAR = (
    event("창립기념일", date(2026, 11, 20)),
    event("주간 회의", at(20, 10), 30, location="3층 회의실", meeting_link="https://meet.example.com/week"),
    event("고객사 미팅", at(20, 11), 90, answer="needsAction"),
    event("점심 (채용 후보)", at(20, 12)),
    event("전사 워크숍", at(20, 18), answer="declined"),
    event("공항 이동", at(21, 7, 30)),
)
NEWS = NewsBatch(
    (
        story("반도체 수출, 석 달 연속 두 자릿수 증가 - 한빛일보"),
        story("반도체 수출 석달 연속 두자릿수 증가", feed="새벽신문"),
        story("원·달러 환율 1,380원대로 내려", feed="새벽신문"),
    ),
    (("https://feed.example/rss", "timeout"),),
)
FRIDAY = inputs(mail=MAIL, calendar=CALENDAR, news=NEWS, vips=frozenset({"ceo@example.com"}))

DAYS = {
    "a Friday": FRIDAY,
    "after a long weekend": replace(
        FRIDAY,
        now=at(23, 9),
        local_date=date(2026, 11, 23),
        scheduled_for=at(23, 9),
        mail=replace(MAIL, mails=MAILS[:1], since=at(18, 9), details_since=at(20, 9), more_than_counted=True),
        calendar=(),
        news=None,
    ),
    "Gmail broken": replace(FRIDAY, mail=Missing("mail", "revoked_or_expired"), calendar=CALENDAR[:2]),
    "all missing": replace(
        FRIDAY,
        mail=Missing("mail", "missing_scope"),
        calendar=Missing("calendar", "unavailable"),
        news=Missing("news", "failed"),
    ),
    "nothing new": inputs(),
    "late": inputs(now=at(20, 11, 10), calendar=CALENDAR[1:3], news=None),
    "the complete one after a partial one": inputs(
        kind="completion",
        now=at(20, 10, 15),
        mail=batch(MAILS[1]),
        vips=FRIDAY.vips,
        calendar=None,
        news=None,
    ),
    "asked for, newsletters only": inputs(
        kind="manual", scheduled_for=None, mail=batch(new_ids=("a", "b")), calendar=None, news=None
    ),
}

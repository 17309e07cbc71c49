"""Scopes as Google reads them in an authorization request and shows them on the consent page."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.google.discovery import scope_descriptions

OPENID = "openid"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"
PROFILE = "https://www.googleapis.com/auth/userinfo.profile"

_SHORT = {"email": EMAIL, "profile": PROFILE}
SIGN_IN = frozenset({OPENID, EMAIL, PROFILE})

_KOREAN = {
    "https://mail.google.com/": "Gmail의 모든 이메일 읽기, 작성, 전송, 완전 삭제",
    "https://www.googleapis.com/auth/gmail.modify": "Gmail 계정에서 이메일 읽기, 작성, 보내기",
    "https://www.googleapis.com/auth/gmail.readonly": "이메일 메시지 및 설정 보기",
    "https://www.googleapis.com/auth/gmail.metadata": "라벨, 헤더 등 이메일 메타데이터 보기(본문 제외)",
    "https://www.googleapis.com/auth/gmail.send": "나를 대신하여 이메일 보내기",
    "https://www.googleapis.com/auth/gmail.labels": "이메일 라벨 보기 및 수정",
    "https://www.googleapis.com/auth/calendar": "모든 캘린더 보기, 수정, 공유, 영구 삭제",
    "https://www.googleapis.com/auth/calendar.readonly": "모든 캘린더 보기 및 다운로드",
    "https://www.googleapis.com/auth/calendar.events": "모든 캘린더의 일정 보기 및 수정",
    "https://www.googleapis.com/auth/calendar.events.readonly": "모든 캘린더의 일정 보기",
}


def normalise(scopes: Iterable[str]) -> list[str]:
    """Scopes as Google answers them: long names, `openid` joined to any sign-in scope, no doubles."""
    long = [_SHORT.get(scope, scope) for scope in scopes]
    if SIGN_IN.intersection(long) and OPENID not in long:
        long.append(OPENID)
    return list(dict.fromkeys(long))


def unknown(scopes: Iterable[str]) -> list[str]:
    """Those that no API of the sandbox knows."""
    return [scope for scope in scopes if scope not in SIGN_IN and scope not in scope_descriptions()]


def describe(scope: str, locale: str) -> str:
    """One line for the consent page."""
    english = scope_descriptions().get(scope, scope)
    return _KOREAN.get(scope, english) if locale == "ko" else english

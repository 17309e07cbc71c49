"""What the sign-in and consent pages say."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "sandbox": "Sandbox: not the real Google",
        "choose": "Choose an account",
        "to_continue": "to continue to",
        "wants": "wants access to your Google Account",
        "select": "Select what {client} can access",
        "knows": "See who you are: your name, e-mail address and profile picture",
        "before": "Already has access",
        "trust": "You can take this back at any time in your Google Account.",
        "allow": "Continue",
        "cancel": "Cancel",
        "blocked": "Access blocked: the request of this app is invalid",
        "advice": "If you are the developer of this app, look at the details below.",
        "error": "Error",
    },
    "ko": {
        "sandbox": "샌드박스: 실제 Google이 아닙니다",
        "choose": "계정 선택",
        "to_continue": "다음 앱으로 이동:",
        "wants": "앱에서 내 Google 계정에 액세스하려고 합니다",
        "select": "{client} 앱이 액세스할 수 있는 항목 선택",
        "knows": "내 이름, 이메일 주소, 프로필 사진 보기",
        "before": "이미 액세스할 수 있는 항목",
        "trust": "Google 계정에서 언제든지 액세스 권한을 취소할 수 있습니다.",
        "allow": "계속",
        "cancel": "취소",
        "blocked": "액세스 차단됨: 이 앱의 요청이 잘못되었습니다",
        "advice": "이 앱의 개발자라면 아래의 오류 세부정보를 확인하세요.",
        "error": "오류",
    },
}

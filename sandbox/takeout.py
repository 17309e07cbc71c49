"""The labels in a Google Takeout export: `X-Gmail-Labels`, in the language of the account."""

from __future__ import annotations

from collections.abc import Callable

_LABELS = {
    "inbox": "INBOX",
    "받은편지함": "INBOX",
    "important": "IMPORTANT",
    "중요": "IMPORTANT",
    "중요편지함": "IMPORTANT",
    "starred": "STARRED",
    "별표": "STARRED",
    "별표편지함": "STARRED",
    "sent": "SENT",
    "보낸편지함": "SENT",
    "drafts": "DRAFT",
    "draft": "DRAFT",
    "임시보관함": "DRAFT",
    "spam": "SPAM",
    "스팸": "SPAM",
    "스팸함": "SPAM",
    "trash": "TRASH",
    "휴지통": "TRASH",
    "unread": "UNREAD",
    "읽지않음": "UNREAD",
    "chat": "CHAT",
    "채팅": "CHAT",
}
# Takeout also writes states that are no labels in Gmail: a message is read when it is not unread.
_NO_LABELS = frozenset({"opened", "archived", "열림", "열어봄", "읽음", "보관됨", "보관처리됨", "보관"})

_CATEGORIES = {
    "personal": "CATEGORY_PERSONAL",
    "primary": "CATEGORY_PERSONAL",
    "개인": "CATEGORY_PERSONAL",
    "기본": "CATEGORY_PERSONAL",
    "social": "CATEGORY_SOCIAL",
    "소셜": "CATEGORY_SOCIAL",
    "promotions": "CATEGORY_PROMOTIONS",
    "프로모션": "CATEGORY_PROMOTIONS",
    "updates": "CATEGORY_UPDATES",
    "업데이트": "CATEGORY_UPDATES",
    "forums": "CATEGORY_FORUMS",
    "포럼": "CATEGORY_FORUMS",
    "purchases": "CATEGORY_PURCHASES",
    "구매": "CATEGORY_PURCHASES",
}


def takeout_labels(exported: str, user_label: Callable[[str], str]) -> frozenset[str]:
    """Label ids for a decoded `X-Gmail-Labels` value; `user_label` gives the id of a label of one's own."""
    names = [name.strip().strip('"') for name in exported.split(",")]
    labels = {_label(name, user_label) for name in names if name}
    return frozenset(label for label in labels if label)


def _label(name: str, user_label: Callable[[str], str]) -> str:
    plain = name.lower().replace(" ", "")
    if plain in _NO_LABELS:
        return ""
    if "category" in plain or "카테고리" in plain:
        return next((label for word, label in _CATEGORIES.items() if word in plain), "")
    return _LABELS.get(plain) or user_label(name)

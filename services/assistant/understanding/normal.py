"""What was typed, in one spelling: Slack's markup undone, lower case, short forms written out."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from services.assistant.understanding.keystrokes import Keywords
from services.assistant.understanding.phrases import compiled, listed

_MENTION = re.compile(r"<[@#!][^<>]*>")
_LINK = re.compile(r"<(?:mailto:)?(?P<url>[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_EMOJI = re.compile(r"(?<!\S):[a-z0-9_+-]+:(?::skin-tone-\d:)?")
_FORMAT = re.compile(r"(?<!\S)[*_~`]+(?=\S)|(?<=\S)[*_~`]+(?!\S)")
_LAUGH = re.compile(r"(?<![ㄱ-ㅣ])(?:[ㅋㅎㅠㅜ]{2,}|[ㅋㅠㅜ])(?![ㄱ-ㅣ])|\^\^|;{2,}|\.{2,}")
# Beside a date its weekday says nothing: 11월 25일 (수), Wed, Nov 25.
_DATES_WEEKDAY = re.compile(
    r"(?<=일)\s*\([월화수목금토일](?:요일)?\)"
    r"|(?<![a-z])(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+(?=(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s+[0-9])"
)
_QUOTES = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "´": "'", "…": " ", "～": "~", "–": "-", "—": "-"}
)

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "So")
# Variation selectors, the keycap and skin tones, which stand by an emoji.
_EMOJI_PARTS = frozenset("\ufe0e\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")

_SHORT_FORMS = [
    (compiled(short), written)
    for short, written in {
        "낼모레": "모레",
        "낼": "내일",
        "요번": "이번",
        "담(?= ?(?:주|달|번|회의|미팅|일정|약속|스케[줄쥴]|브리핑))": "다음",
        "(?<![가-힣])(안 ?읽은 ?|온 ?|새 ?|)멜(?![가나-도라-힣])": r"\1메일",
        "(?<![가-힣])멜(?=[가을를은이도만좀])": "메일",
        "저번": "지난",
        "([월화수목금토일])욜": r"\1요일",
        "스케쥴": "스케줄",
        "이멜": "이메일",
        "매일(?= ?(?:찾|검색))": "메일",
        "일졍": "일정",
        "(?:차|찾)(?:자|쟈|아|어|ㅈ)(?=[줘주죠조봐볼])": "찾아",
        "(?<=[아해려여켜꿔춰꺼])(?:죠|쥬|쥐|조)(?:(?=요)|(?![가-힣]|\\s*\\?))": "줘",
        "(?<=보내)(?:죠|쥬|쥐)(?![가-힣]|\\s*\\?)": "줘",
        "브리핑(?:꺼|거)": "브리핑",
        "오늘(?:꺼|거|것)(?![가-힣])": "오늘자",
        "이번 한 주": "이번주",
        "(?:this|today) (morning|afternoon|evening)": r"today \1",
        "tonight": "today evening",
        "last night": "yesterday evening",
        "e-mails?": "email",
        "emails?": "email",
        "tmrw?|tmw|tmmrw|tomorow|tommorow|tommorrow|2moro|2mrw": "tomorrow",
        "what's|whats|wat's|wats": "what is",
        "(today|tomorrow|yesterday)s(?= )": r"\1's",
        "(this|next|last) (week|month)s(?= )": r"\1 \2",
        "how's|hows": "how is",
        "where's|wheres": "where is",
        "who's": "who is",
        "that's|thats": "that is",
        "any ?more": "anymore",
        "didnt": "didn't",
        "doesnt": "doesn't",
        "havent": "haven't",
        "couldnt": "couldn't",
        "cuz|coz|bc|cause": "because",
        "gimme": "give me",
        "lemme": "let me",
        "(?:the |my )?rest of (?:the|this|my) week": "this week left",
        "(?:the |my )?rest of (?:the|this|my) day": "today left",
        "mtgs?": "meeting",
        "msgs?": "message",
        "gcal": "google calendar",
        "gmial|gamil|gmal": "gmail",
        "googel|goolge|gogle": "google",
        "conected|connectd": "connected",
        "abt": "about",
        "kinda": "kind of",
        "(what|where|who)'ve": r"\1 have",
        "thru": "through",
        "cal": "calendar",
        "(?<![가-힣])머+(?= ?(?:있|해|하|야|온))": "뭐",
        "id(?= (?:like|love|prefer|rather|want))": "i would",
        "acct(s?)": r"account\1",
        "rn": "right now",
        "w(?= (?:[a-z]))": "with",
        "어케(?=[ ]?[해하함돼되됨])": "어떻게 ",
        "(?<![가-힣])바[까꺼껴](?=[줘주줄도봐])": "바꿔",
        "(?<=[어워려해꿔켜춰])도(?=\\s*(?:[.!~()]|$))": "줘",
        "w/": "with ",
        "r(?= (?:you|we|they|u|my))": "are",
        "(?<=who[ ])r": "are",
        "ur": "your",
        "when's|whens": "when is",
        "i'm|im": "i am",
        "i'll": "i will",
        "i'd": "i would",
        "i've": "i have",
        "you've": "you have",
        "hooked up": "connected",
        "it's": "it is",
        "can't|cannot|cant": "can not",
        "won't": "will not",
        "dont": "don't",
        "thx|thnx|thanx|ty|tysm|tks|thank u|thanku": "thanks",
        "pls+|plz+|plese|pleas|pleaze": "please",
        "wanna": "want to",
        "gonna": "going to",
        "u": "you",
    }.items()
]
# Harmless words only: what changes something is to be typed as it is written.
_KEYWORDS = Keywords(
    listed("""
    브리핑 도움말 안녕하세요 안녕 하이 캘린더 스케줄 briefing hello hi help calendar schedule meeting
    connect reconnect search google account inbox settings unread 연결
    email tomorrow yesterday afternoon monday tuesday wednesday thursday friday saturday sunday
    """),
    never=[
        "hell",
        "melting",
        "sundae",
        "gmail",
        "collect",
        "correct",
        "research",
        "goggle",
        "boogie",
        "연설",
    ],
)
# What changes something, when mistyped, is only asked back.
_ORDERS = Keywords(
    listed("change pause resume restart disconnect unlink delete 변경 멈춰 재개 재시작 시작 중지 해제 삭제"),
    never=listed("chance charge cause because pulse 변명 변형 변호 시장 시각 시험 중시 해체 멈추"),
)


def as_typed(text: str) -> str:
    """The person's message to be shown to them again: in one line, without Slack's markup."""
    return " ".join(_seen(_without_markup(text)).split())


def undress(text: str) -> str:
    """What the person sees of their message, in lower case: Slack's markup, emoji and controls left out."""
    composed = _composed(_seen(_without_markup(text)).translate(_QUOTES)).lower()
    for pattern in (_EMOJI, _FORMAT, _LAUGH, _DATES_WEEKDAY):
        composed = pattern.sub(" ", composed)
    return " ".join(composed.split())


def normalise(undressed: str) -> str:
    """The text with its short forms written out and slips of the keys put right."""
    for pattern, written in _SHORT_FORMS:
        undressed = pattern.sub(written, undressed)
    return " ".join(_KEYWORDS.mend(undressed).split())


def mend_orders(text: str) -> str:
    """The normalised text with slips in the words that change something put right as well."""
    return _ORDERS.mend(text)


def _without_markup(text: str) -> str:
    return unescape(_LINK.sub(_shown, _MENTION.sub(" ", text)))


def _shown(match: re.Match[str]) -> str:
    return match["label"] or match["url"]


def _composed(text: str) -> str:
    """Full-width letters as plain ones; a jamo typed alone stays what it is."""
    return "".join(
        one if "ㄱ" <= one <= "ㅣ" else unicodedata.normalize("NFKC", one)
        for one in unicodedata.normalize("NFC", text)
    )


def _seen(text: str) -> str:
    return "".join(
        " " if unicodedata.category(one) in _UNSEEN or one in _EMOJI_PARTS else one for one in text
    )

"""The words people use, by what they speak of. Lower case; a space also stands for none in Korean."""

from __future__ import annotations

from services.assistant.phrases import any_of, compiled

BRIEFING = any_of(
    "브리핑", "ㅂㄹㅍ", "briefings?", "daily (?:digest|summary|update)", "digest", "summary", "요약"
)
MAIL = any_of(
    "이메일", "지메일", "메일함", "받은 편지함", "메일", "편지", "g ?mail", "e?mails?", "inbox", "messages?"
)  # fmt: skip
EVENT = any_of(
    "일정", "스케줄", "캘린더", "달력", "회의", "미팅", "약속", "calendar", "schedule", "meetings?",
    "events?", "appointments?", "agenda", "1 ?: ?1", "1on1", "one-on-ones?", "원온원", "stand-?ups?",
    "interviews?", "면담", "calls?(?! (?:me|him|her|you|them))", "plans?",
)  # fmt: skip
GOOGLE = any_of(
    "구글", "지메일", "google", "g ?mail", "메일", "이메일", "e?mail", "캘린더", "일정", "calendar",
)  # fmt: skip

# Politeness, and what people put around a request; it never changes what is asked for.
REQUESTED = any_of(
    "요청(?:해요?|합니다|드립니다|드려요)?", "주세[용여염욤]", "줘[용여염욤잉]", "주삼", "can we(?: do)?",
    "could we(?: do)?", "let's do",
    "줘요?", "줄래요?", "주세요", "주십시오", "주시겠어요", "주실래요",
    "주실 ?수 ?있(?:나요|을까요|어요)", "주라", "주셈", "줄 ?수 ?있(?:어요?|나요?|니|을까요?)",
    "줬으면 ?(?:좋겠어요?|해요?|합니다)", "부탁(?:해요?|드려요|드립니다|드릴게요)?", "싶어요?",
    "싶습니다", "싶은데요?", "바랍니다", "바라요", "ㄱㄱ", "고고", "받을 ?수 ?있을까요?", "될까요?",
    "가능할까요?", "가능한가요?", "can you", "could you", "would you", "will you", "please",
    "i want(?: you)?(?: to)?", "i would like(?: you)?(?: to)?", "would you mind", "let's",
    "i need(?: you)?(?: to)?",
)  # fmt: skip
_ENDINGS = any_of(
    "여", "염", "욤", "용용",
    "해요?", "주", "하자", "하고", "할래요?", "할게요?", "하세요", "세요", "십시오", "고(?= ?싶)", "해라",
    "합니다", "요", "용", "좀", "제발", "그냥", "혹시", "이제", "일단", "저기", "그럼", "네", "응", "넵",
    "잠깐만?", "당분간", "은", "는", "을", "를", "이", "가", "도", "만", "로", "으로", "에", "의",
)  # fmt: skip
_AROUND_EN = any_of(
    "my", "the", "a", "an", "me", "it", "them", "to", "for", "of", "at", "on", "just", "now", "right now",
    "ok(?:ay)?", "so", "thanks", "thank you", "hey", "hi", "hello", "there", "kindly", "then", "that",
    "this", "and", "again please", "robeing",
)  # fmt: skip
POLITE = (
    any_of("로빙(?:아|이|님)?", "안녕하세요", "안녕", "고마워요?", "감사합니다")
    + "|"
    + "|".join((REQUESTED, _ENDINGS, _AROUND_EN))
)

NEGATED = compiled(
    "지 ?(?:마|말|않)", "하지 ?마", "말아", "말고",
    "(?<![가-힣])안 ?(?:해|할|바|끊|지|보|찾|돼|되|와|옴)", "(?<![가-힣])못", "아니", "don't", "do not",
    "not", "never", "no need", "without", "shouldn't", "didn't", "doesn't", "isn't",
)  # fmt: skip
# What this assistant cannot do to mail and calendars.
WRITES = compiled(
    "(?:메일|답장|회신|메시지)(?:을|를)? ?(?:좀 ?)?(?:보내(?!줬|준|신|온|는)|써|쓰|작성|전달)",
    "(?:에게|한테|께) ?(?:메일을? ?|메시지를? ?)?(?:보내(?!줬|준|신|온|는)|전달|포워드)",
    "답장 ?(?:해|하)", "취소(?:해|하|시)", "옮겨", "미뤄", "당겨", "잡아", "추가(?:해|하)",
    "등록(?:해|하)", "만들어", "예약(?:해|하)", "초대(?:해|하)", "변경(?:해|하)", "바꿔",
    "(?:메일|일정|회의|약속)(?:을|를)? ?(?:싹|다|모두|전부)? ?(?:삭제|지워)", "삭제 ?해", "지워",
    "(?:send|write|draft|forward|compose) (?:an? |the |this )?(?:e?mail|message|reply)", "reply to",
    "e?mail (?:him|her|them)",
    "^(?:can you |could you |would you |please |i want to |you )*(?:book|create|add|cancel|move|reschedule"
    "|schedule(?! (?:for|on|this|next|today|tomorrow|of))|set ?up|delete|remove|accept"
    "|decline|arrange|invite) .*",
)  # fmt: skip
HOW = compiled(
    "어떻게", "방법", "하는 ?법", "왜", "how (?:do|can|to|does|should)", "why",
    "(?:할|바꿀|멈출|끊을|연결할|지울|쉴) ?수 ?있", "can i", "could i", "may i", "is it possible",
    "should i", "what if", "what happens", "하면",
)  # fmt: skip
SHOW = compiled(
    "보여", "알려", "줘", "주세요", "찾", "검색", "확인", "체크", "읽어", "조회", "뽑아", "골라", "있",
    "왔", "온 ?거", "없", "뭐", "부탁", "볼래", "show", "find", "search", "list", "get",
    "look(?:ing)? (?:for|up)", "check", "any", "what", "which", "did", "do i have", "have i", "pull up",
    "read", "give", "fetch", "where", "open", "is there", "are there", "see", "got",
)  # fmt: skip
SEARCH = compiled("찾", "검색", "find", "search", "look(?:ing)? (?:for|up)", "where is", "dig up", "pull up")

"""The words of `topics.py`: what a message is about, what asks, and what rules a topic out."""

from __future__ import annotations

import re

from services.assistant.understanding.phrases import any_of, compiled
from services.assistant.understanding.remark_words import FOREIGN
from services.assistant.understanding.vocabulary import BRIEFING, EVENT, MAIL, REQUESTED, WRITES

_GOOGLE = "(?:구글|지메일|캘린더|달력|메일|계정|google|g ?mail|calendar|e?mail|accounts?)"
_MINE = "(?:내|제|나|저|모든|전부|모두|싹|다|개인|my|me|all|every[a-z]*)"
_DATA = "(?:데이터|정보|기록|자료|내역|이력|계정|data|info(?:rmation)?|records?|history|account)"
_ERASE = "(?:삭제|지워|지우|파기|없애|폐기|말소|delete|erase|wipe|purge|remove|get rid of|clear)"
OWN_DATA = re.compile(
    rf"(?<![가-힣])(?:내|제|나|저|모든|개인|저장된|가지고 있는|갖고 있는)[^.!?]{{0,20}}"
    rf"{_DATA}[^.!?]{{0,14}}{_ERASE}"
    rf"|{_DATA}(?:도|까지)\s*[^.!?]{{0,8}}{_ERASE}|탈퇴\s*(?:하고\s*싶|할래|할게|시켜|신청|처리|하려|부탁)"
    rf"|(?<![a-z]){_ERASE}\s+(?:(?:all|every|bit|any|each|of|the|my|personal|stored|saved|single|piece|whatever)"
    rf"\s+)*{_DATA}(?![a-z])(?!\s+(?:in|from)\s)"
    rf"|(?<![a-z])my\s+(?:[a-z]+\s+)?{_DATA}(?:\s+[a-z]+){{0,3}}\s+(?:deleted|erased|removed|wiped|gone)"
)
UNLINKED = re.compile(
    rf"{_GOOGLE}[^.!?]{{0,16}}(?:연결|연동)[^.!?]{{0,10}}(?:끊|해제|해지|풀어|취소|중단)"
    r"|(?:연결|연동)\s*(?:을|를|한\s*거|된\s*거|좀|다|전부|\s)*(?:끊어|해제|해지|풀어)"
    r"|(?<![a-z])(?:cut|sever|end|break|kill)\s+(?:the\s+|my\s+|this\s+|google\s+)*(?:connection|link)"
    rf"|(?<![a-z])take\s+(?:the\s+|my\s+)*{_GOOGLE}(?:\s+account)?\s+(?:off|out)(?![a-z])"
    rf"|(?<![a-z])(?:disconnect|unlink|unhook|detach|remove|revoke|drop)\s+(?:the\s+|my\s+|this\s+|our\s+)*{_GOOGLE}"
    rf"|(?<![a-z]){_GOOGLE}(?:\s+(?:to\s+be|account|connection|access))*\s+(?:disconnected|unlinked|unhooked|removed)"
)
ORDERED = re.compile(
    rf"{REQUESTED}|"
    + any_of(
        "(?:끊어|풀어|지워|없애)(?:줘|버려)?(?=\\s*(?:[.!~(]|$))",
        "(?:삭제|파기|해제|해지)(?:해|시켜)?(?=\\s*(?:[.!~(]|$))",
        "[가-힣]도 ?(?:됩니다|돼요?|괜찮[가-힣]*|좋[가-힣]*)", "[가-힣]셨으면",
        "[가-힣]면 ?(?:좋|해)[가-힣]*",
        "[끊을할울]래요?",
        "고 ?싶[가-힣]*",
    )
    + r"|(?:^|[.,!;]\s*|(?:so|and|just|ok|okay|hey|now)\s+)(?:delete|erase|wipe|purge|remove|get rid of|clear"
    r"|disconnect|unlink|unhook|detach|revoke|drop|cut|sever|take)(?![a-z])"
)  # fmt: skip
_CONNECT_EN = "(?:re-?)?connect|hook(?:ing)?(?: [a-z]+){0,3} up|hook up|sign in(?:to| to)?|log ?in(?:to| to)?"
LINKED = re.compile(
    rf"(?<![a-z])(?:{_CONNECT_EN}|authori[sz]e)(?![a-z])(?=.*{_GOOGLE}|.*(?<![a-z])link)"
    rf"|{_GOOGLE}[^.!?]*(?<![a-z])link(?![a-z])(?=.*(?<![a-z])(?:new|expired?|again|connect|send|need)(?![a-z]))"
    r"|(?<![a-z])(?:connect(?:ion|ing)?|reconnect(?:ion)?|sign-?in|log-?in)\s+(?:link|button|page)"
    r"|(?<![a-z])link\s+(?:to|for)\s+(?:re)?(?:connect|sign|log|authori)"
    rf"|(?<![a-z])(?:give|grant)\s+you\s+(?:access|permission)s?(?![a-z])"
    rf"|(?<![a-z])link\s+(?:up\s+)?(?:my\s+)?(?:google|g ?mail|calendar)(?![a-z])"
    r"|(?:연결|연동|로그인|인증)\s*(?:을|를|용|하는|할)?\s*(?:링크|버튼|주소)"
    r"|(?:연결|연동|로그인)(?:을|를|은|는)?\s*(?:좀\s*|다시\s*|새로\s*)*(?:해|하고\s*싶|하려|시켜|할래|할게|어떻게|부탁)"
    rf"|{_GOOGLE}[^.!?]{{0,6}}붙(?:이|여)|{_GOOGLE}[^.!?]*링크(?=.*(?:만료|새로|다시|안\s*(?:열|돼|되)|재발급))"
)
WANTED = re.compile(
    rf"{REQUESTED}|"
    + any_of(
        "need", "want", "send", "give", "get", "where", "new(?: one)?", "how", "like to", "again", "link",
        "링크", "다시", "새로", "어디", "어떻게", "필요", "좀", "싶", "줘", "하려",
    )
)  # fmt: skip
LOOKED_FOR = re.compile(
    any_of(
        "찾", "검색", "보여", "확인", "체크", "봐", "있(?:어|나|니|냐|을까|는지|으|습|었|더)[가-힣]*",
        "왔(?:나|는지|어|던|을까|죠)[가-힣]*", "없[나는죠지]", "뭐", "뭔", "어딨", "어디", "조회", "알려",
        "몇",
        "^is", "^are", "is my", "[가-힣](?:더라|던가|려나|됐지|였지)(?:요)?", "였죠", "었죠", "나요", "가요",
        "인지",
        "find", "dig", "look(?:ing)?", "search", "see", "show", "check", "pull", "did", "has", "any",
        "have i",
        "do i", "am i", "where", "when", "what", "which", "how many", "tell me", "let me know", "remind me",
        "is there", "are there", "got", "current", "list", "need",
    )
)  # fmt: skip
WRITTEN_TO_ME = compiled(
    "(?:e?mailed|wrote(?: back)?(?: to)?|written(?: to)?|sent|replied(?: to)?) (?:me|us)",
    "(?:supposed|going|meant|promised|said) to (?:send|e?mail|write)",
    "(?<![가-힣])[가-힣]{2,}(?:님|이|가) ?(?:보낸|보내준|보내주신|보내신) ?[가-힣]+",
    "(?:any |some )?(?:word|news|hear|heard|anything back) (?:back )?from(?! (?:today|this))", "emailed",
    "unread",
    "(?:got|get|gotten|came|come) back to (?:me|us)",
    "(?:e?mail|reply|response|answer) (?:from|by)", "(?:답장|회신|답메일)[가-힣]*",
)  # fmt: skip
PLANNED = re.compile(
    EVENT
    + "(?!록|실|자료|장소|비)|"
    + any_of(
        "잡(?:아 ?(?:둔|놓은|뒀|놨|놓|둘)|힌|혀 ?있|혔)[가-힣]*", "비어", "비는", "바쁘", "바쁜", "스케줄",
        "open", "clear", "in the way", "i got", "conflicts?", "overlaps?", "(?:next|first|last) thing",
        "겹치",
        "(?<![가-힣])뭐 ?있", "free", "busy", "booked", "available", "what is on", "going on", "first thing",
        "lined up", "planned",
    )
)  # fmt: skip
SETTINGS = compiled(
    "(?:내|제|현재|지금|저의|나의) ?(?:[가-힣]+ )?(?:설정|셋팅|세팅|상태)[가-힣]*",
    "(?:연결|연동|브리핑)[가-힣]* ?(?:[가-힣]+ )?(?:설정|상태)[가-힣]*",
    "(?:my|current|briefing|connection) (?:current |google |briefing )?"
    "(?:settings?|set-?up|configuration|config|status)",
    "(?:what|which) settings?",
)  # fmt: skip
# An order that is denied; what I cannot find or do not remember is none.
_DENIED = any_of(
    "지 ?(?:는 ?|도 ?)?(?:마|말|않아도)[가-힣]*", "하지 ?않", "아니(?:야|에요|요|라|다|고)?(?![가-힣])",
    "말고",
    "취소",
    "농담",
    "됐어요?", "필요 ?없(?![^.!?]*(?:해제|끊|삭제|지워))",
    "(?:don't|do not)(?! (?:know|remember|see|have|recall|think|get|find|understand|work|seem))", "never",
    "no need", "kidding", "joking", "never ?mind", "not now", "not going to", "without", "cancel",
)  # fmt: skip
_SUPPOSED = any_of(
    "(?<!know[ ])(?<!see[ ])(?<!check[ ])(?<!me[ ])if", "unless", "what happens", "in case", "in theory",
    "would (?:i|you|it|that)(?! (?:mind|please|like))",
    "[가-힣]다?면(?! ?(?:좋|해|감사|될|되|돼))(?<!려면)(?:은|요)?(?![가-힣])",
)  # fmt: skip
_DOUBTED = any_of(
    "고민", "생각 ?중", "[할을]까(?! ?(?:요|봐))", "[할을]지 ?말지", "아직", "나중", "궁금", "maybe",
    "perhaps",
    "might", "thinking", "considering", "should", "wonder(?:ing)?", "just asking", "did", "was", "were",
    "already",
    "하는 ?(?:법|방법)", "how", "why", "[됐졌겼했]어요?", "[됐졌겼했]네요?", "(?<!필요)(?<!필요[ ])없어요?",
    "도 ?(?:돼|되|될)[가-힣]*(?=\\s*\\?)",
    "도 ?(?:되나|될까)[가-힣]*",
    "wait", "not sure", "어떻게", "would(?! (?:you|like|love))", "나요", "달라[가-힣]*",
)  # fmt: skip
_ONE_MAIL = any_of(
    "e?mails?(?= (?:from|about))", "보낸 ?메일", "온 ?메일", "이 ?메일", "meeting", "일정", "회의"
)
NO_ORDER = re.compile(f"{FOREIGN.pattern}|{_DENIED}|{_DOUBTED}|{_ONE_MAIL}")
_ELSEWHERE = any_of(
    "zoom", "wiki", "docs?", "drive", "sheets?", "slides?", "slack", "notion", "줌", "위키", "노션", "문서",
    "팀즈", "e?mails? (?:from|about|with)", "wi-?fi", "vpn", "linkedin", "tv",
)  # fmt: skip
_ENDED = any_of("끊(?!겼|어졌|긴|김)", "해제", "해지", "disconnect", "unlink", "revoke", "삭제", "remove")
NO_LINK = re.compile(f"{_DENIED}|{_SUPPOSED}|{_ELSEWHERE}|{_ENDED}|{any_of('왜', 'why')}")
NO_READING = re.compile(f"{WRITES.pattern}|{_DENIED}|{_SUPPOSED}|{BRIEFING}")
NO_CALENDAR = re.compile(f"{NO_READING.pattern}|{MAIL}|{any_of('[가-힣]자(?![가-힣])')}")
NO_STATUS = re.compile(f"{WRITES.pattern}|{_DENIED}|{_SUPPOSED}|{EVENT}|{_ELSEWHERE}")

"""The words of mail searches: what says how a mail is, who sent it, and what is only said around it."""

from __future__ import annotations

import re

from services.assistant.understanding.phrases import any_of, compiled, listed
from services.assistant.understanding.requests import Trait
from services.assistant.understanding.vocabulary import MAIL

TRAITS = [
    (
        compiled(
            "아직 ?안 ?읽은", "안 ?읽은", "못 ?읽은", "못 ?본", "안 ?본", "읽지 ?않은", "미확인",
            "미열람", "안 ?읽음",
            "새로 ?온", "새로운", "새(?= ?(?:메일|이메일))",
            "unread", "new", "un-?opened", "haven't read", "have not read",
        ),
        Trait.UNREAD,
    ),
    (compiled("별표(?: ?표시)?(?:한|된|해 ?둔)?(?: ?있는)?", "starred", "with (?:a )?stars?"), Trait.STARRED),
    (
        compiled("중요(?: ?표시된|표시한|한)?(?=\\s*(?:메일|이메일|거|것|$))", "중요한", "important"),
        Trait.IMPORTANT,
    ),
    (
        compiled(
            "첨부 ?파일(?:이|을|도)? ?(?:있는|포함된|달린|들어 ?있는|첨부된|붙은|담긴|온|딸린)?",
            "첨부(?:된|가|물)? ?(?:있는|된|포함된)?", "파일(?:이|을)? ?(?:첨부된|있는|달린)",
            "with (?:an? |the |some )?attachments?", "(?:that |which )?ha(?:s|ve|ving) (?:an? )?attachments?",
            "attachments?", "attached(?: files?)?",
        ),
        Trait.ATTACHMENT,
    ),
    (
        compiled(
            "(?<!에게[ ])(?<!한테[ ])(?<!께[ ])(?:내|제)가 ?보낸", "보낸 ?(?:메일함|편지함)",
            "(?:that )?i(?: have)? sent", "sent by me", "my sent", "sent(?= e?mails?)",
        ),
        Trait.SENT,
    ),
    (
        compiled(
            "삭제(?:된|한|했던)", "지운", "지워진", "휴지통(?:에서|에|의)?(?: ?있는)?", "deleted",
            "(?:in (?:the )?)?(?:trash|bin)",
        ),
        Trait.TRASH,
    ),
    (
        compiled(
            "스팸(?:함|메일함)?(?:에서|에|의|으로)?(?: ?(?:있는|온|분류된))?",
            "(?:in )?(?:my |the )?(?:spam|junk)(?: folder)?",
        ),
        Trait.SPAM,
    ),
]  # fmt: skip

_TITLES = (
    "대리|과장|차장|부장|사원|팀장|이사|대표|실장|상무|전무|사장|회장|교수|선생|매니저|책임|선임|수석|주임"
    "|본부장|센터장"
)
_NAME = rf"(?<!\S)(?P<name>[\w.@&+-]+?(?:\s+(?:{_TITLES}))?)(?:님|씨)?"
_EN = r"(?P<name>[\w.@-]+)"
_THING = r"(?:\s*(?:거|것))?"
_SENT = (
    r"(?:\s*메일을?)?\s*(?:보내(?:신|주신|준|온|왔던)|보낸|보냈\w*|주신|준|쓴|회신한|답장한|답한|발송한|주셨\w*|줬\w*)"
    + _THING
)
_CAME = (
    r"(?:\s*메일이?)?\s*(?:온|왔\w*|받은|도착한|날아온|보낸|보내온|와\s*있는)" + _THING
)  # fmt: skip
_TO_ME = r"(?:\s*(?:나|저|우리)(?:한테|에게)|\s*내게|\s*제게)?"
_OF = "한테서|에게서|으로부터|로부터|께서|에서|측에서|한테|에게"
NAMED = [
    (re.compile(pattern), kind)
    for pattern, kind in (
        (rf"{_NAME}(?:한테|에게|께|앞으로)\s*(?:내가\s*|제가\s*)(?:보낸|쓴|회신한|답장한)", "recipients"),
        (rf"{_NAME}\s?(?:{_OF}){_TO_ME}(?:{_CAME}|{_SENT}\b)", "senders"),
        (rf"{_NAME}(?:이|가){_TO_ME}(?:{_SENT})", "senders"),
        (rf"{_NAME}{_TO_ME}\s*보낸", "senders"),
        (
            rf"(?<![a-z])(?:did|has|have)\s+{_EN}\s+"
            r"(?:e?mail(?:ed)?|write|written|sent?|send|repl(?:y|ied))(?:\s+(?:to\s+)?me)?(?![a-z])",
            "senders",
        ),
        (
            rf"(?<!\S){_EN}\s+(?:has\s+)?(?:sent|wrote|emailed|replied|wrote\s+back)(?:\s+(?:to\s+)?me)?(?![a-z])",
            "senders",
        ),
        (rf"(?<!\S){_EN}'s(?=\s+(?:e?mail|message))", "senders"),
    )
]
SUBJECTS = [
    (
        re.compile(
            r"제목(?:에|이|은|으로)?\s*[\"']?(?P<name>[\w.-]+?(?:\s+[\w.-]+?){0,2})[\"']?"
            r"(?:이라고|라고|이라는|라는|이|가|으로|로)?"
            r"\s*(?:들어\s?간|들어\s?있는|포함된|포함|있는|(?:인|된)(?=\s|$)|되어\s?있는|적힌|달린|쓰인)"
        ),
        "subject",
    )
]
# Who cannot have sent anything.
NOBODY = frozenset(
    listed("""
    i you we he she it that which was were been is be has have mail email emails mails message messages
    anybody anyone who 나 내 저 제 누가 누구 누 어디 메일 이메일 오늘 어제 지난 최근 새로 방금 아까 이미 거기
    이거 그거 예전에 전에 혹시 아직
    """)
)

PREPOSITIONS = {
    **dict.fromkeys(
        listed("""
    about regarding re concerning mentioning mentions containing contains called titled with and or
        """),
        "words",
    ),
    **dict.fromkeys(["from", "by"], "senders"),
    "to": "recipients",
    **dict.fromkeys(["subject", "subjects", "title"], "subject"),
}
ARTICLES = re.compile("the|an?|my|our|some|those|these|that|this")

_VERBS_KO = any_of(
    "보이[네는지던나질]",
    "안 ?보[이여]",
    "같(?:은데|아|네|습)",
    "못 ?찾",
    *listed("""
    찾 어딨 어디 뭐왔 뭐야 뭔지 뭐있 뭐예 보자 들어왔 들어온
    검색 보여 보내줘 알려 확인 체크 조회 읽어 골라 뽑아 부탁 궁금 봐 볼 있 없 왔 줄 줘
    주세 주실 주십
    해 좀 될 가능 안보이 못찾 모르 기억 보냈 보내주 보내셨 주셨 줬 하던데 하더라 있었 받았 봤 못봤 들어있
    들어와
    """),
)
_SAID_KO = listed("""
    온 왔던 오는 받은 받았던 도착한 보낸 보낸거 온거 거 것 게 걸 건 중 중에 중에서 내 나 제 저 내가 제가
    나한테 저한테 내게 제게 나에게 저에게 우리 관련 관련된 관련한 관련해서 관한 관해서 대한 대해 대해서
    대하여 담긴 들어간 들어있는 포함된 포함한 언급된 언급한 얘기한 내용 내용의 이라는 라는 최근 최근에
    최신 요즘 가장 제일 마지막 그 그거 이 저기 전부 모두 모든 다 전체 싹 목록 리스트 뭐 뭐가 어떤 무슨
    어디 어딨어 언제 누가 혹시 빨리 지금 바로 제발 그냥 하나 안 한 하고 로빙 로빙아 아까 방금 예전에 전에
    옛날에 안녕 안녕하세요 그리고 몇 몇개 몇통 개 통 개야 통이야 개나 에서 에 의 을 를 은 는 이랑 님 씨 요
    들어간거 들어간것 들어있는거 어디갔냐 다는데 누구 누구한테 누구에게 중에요 안에 안에서 속에
    네 응 수 적 주고받은 매일 메일함 편지함 받은편지함 함 들 지메일
    구글
    """)
_SAID_EN = listed("""
    find search show list get give look looking for up check pull dig fetch read see open display me i you
    he she we us please any all every there is are was were be do did does have has had got received
    receive sent send came come arrived in on at of into inside as it its them which who what where when
    if can could would will want need latest recent recently last most lately today's today just thanks
    thank hi hello hey now out also only anything something everything one ones ok okay gmail inbox
    mailbox back again let know everyone anyone anybody someone email emails mail mails message messages
    robeing so still yet not am think sure pretty should know says said say tell whether remember recall
    whatever hear heard go goes went they ever through 몇일 며칠 받은거 있는거 cannot seem
    seems somewhere believe guess swear maybe probably must got gotten been
    due my wrote written
    replied emailed mailed mention mentioned supposed around
    like where's related relating those than
    """)
_PARTICLE = "(?:들|중에서|중에|중|함에서|을|를|은|는|이|가|도|만|좀|에|에서|함|의|로|으로)*"
DROPPED = re.compile(
    f"{any_of(*_SAID_KO)}|{any_of(*_SAID_EN)}|{_VERBS_KO}[가-힣]*"
    f"|(?:{MAIL}){_PARTICLE}(?:{_VERBS_KO}[가-힣]*)?|"
)

# Written without a space after what is looked for: 발주서들어간거찾아줘.
GLUED_VERB = re.compile(
    r"(?<=[가-힣a-z0-9]{2})(?=들어 ?(?:간|있는)|찾아 ?[줘주봐]|검색 ?해|보여 ?[줘주])|(?<=거)(?=찾아)"
)
_GLUED = re.compile(r"(?<=[가-힣a-z0-9])(?:이메일|메일)(?:들)?(?:을|를|은|는|이|가|좀|도|만)?$")
_ENDING = re.compile(r"(?:관련|에대한|에관한|이라는|라는|이란|에서|에게|한테|이랑|랑|에는|에)$")
_AFTER_CONSONANT, _AFTER_VOWEL = ("을", "은", "이", "과"), ("를", "는", "가", "와")
# End like a noun with a particle and are none.
_WHOLE = frozenset(
    listed("""
    휴가 평가 물가 증가 허가 인가 국가 작가 정가 단가 원가 추가 참가 효과 결과 성과 초과 마을 가을 노을
    서울
    """)
)


def without_title(name: str) -> str:
    """김민수 부장 is 김민수 in From; of 김 대리 nothing better is known than both words."""
    person, _, title = name.partition(" ")
    if title and len(person) > 1:
        return person
    ending = re.search(f"(?:{_TITLES})$", person)
    return person[: ending.start()] if ending and ending.start() > 2 else name


def bare(word: str) -> str:
    """A word without 메일 stuck to it and without its particle, as far as that is certain."""
    noun = _ENDING.sub("", _GLUED.sub("", word.removesuffix("'s"))) or word
    if len(noun) < 3 or not "가" <= noun[-2] <= "힣" or noun[-2:] in _WHOLE:
        return noun
    closed = (ord(noun[-2]) - ord("가")) % 28 != 0
    if noun[-1] in ("을", "를") or (len(noun) > 3 and noun[-1] in "은는이가과와"):
        fits = noun[-1] in (_AFTER_CONSONANT if closed else _AFTER_VOWEL)
        return noun[:-1] if fits else noun
    return noun

"""What people say around a request and not of it: why, what happened, what they missed, whether it suits.

Only clauses of this table are set aside, each whole; what is left of the message must be a request by itself.
"""

from __future__ import annotations

import re

from services.assistant.understanding.numerals import HOUR_EN, HOUR_KO
from services.assistant.understanding.phrases import any_of, compiled

_END = "(?![가-힣a-z])"
_CLOCK_KO = rf"(?:오전|오후|아침|저녁|밤|새벽)?\s*{HOUR_KO}\s*시(?:\s*반|\s*[0-9]{{1,2}}\s*분)?"
_CLOCK_EN = rf"{HOUR_EN}(?::[0-9]{{2}})?(?:\s*[ap]\.?m\.?|\s*o'?clock)?{_END}"
_WHO = (
    r"(?:(?<![가-힣])(?:(?:이번|다음)\s*주\s*내내|"
    r"제가|내가|저는|나는|저|나|난|전|요즘|요새|지금|계속|곧|방금|막|오랜만에)\s+)*"
)
_AWAY = any_of(
    "(?:여름|겨울|출산)? ?휴가", "신혼 ?여행", "연차", "월차", "반차", "병가", "출장", "외근",
    "재택(?: ?근무)?",
    "여행", "(?:육아 ?)?휴직", "교육", "워크샵", "연수", "연휴", "명절", "공휴일", "휴일", "쉬는 ?날", "야근",
    "파견", "입원", "수술", "시험", "예비군", "회의", "미팅", "이동", "운전",
)  # fmt: skip
_SO = any_of(
    "서",
    "니까",
    "으니까?",
    "니",
    "는데요?",
    "은데요?",
    "거든요?",
    "다",
    "네요?",
    "어요?",
    "어서",
    "습니다",
    "음",
    "고",
)
_IS = any_of(
    "이?라서?", "여서", "이어서", "이?니까?", "인데요?", "이에[요용]", "예요", "에[요용]", "입니당", "이?야",
    "입니다", "이?거든요?",
    "때문에", "이?라 ?그런데", "임",
)  # fmt: skip
_COMES_BACK = any_of(
    f"복귀(?:했(?:{_SO}|으니)|함|해서|합니다|해요)?", f"돌아(?:왔{_SO}|와서|옴|옵니다)",
    f"(?:다녀|갔다) ?왔{_SO}",
    "(?:다녀|갔다) ?(?:와서|옴|올게요?|올거라서?|옵니다|오느라)",
)  # fmt: skip
_GOES = any_of(
    f"가(?:{_SO}|요|느라|려고|는 ?중이라서?|게 ?(?:돼서|됐어요?|되어서))?", "갑니다", "간다",
    "갈 ?(?:거라서?|거여서|예정이라서?|예정입니다|거예요|게요?)", f"있(?:{_SO})", f"많(?:아서|아요?|{_SO})",
    f"끝(?:나서|났{_SO}|났다|남)?", "써서|쓰니까|썼어요?|씁니다", "떠나(?:요|서|니까)", "떠납니다",
    "들어가(?:요|서|니까)", "들어갑니다", _COMES_BACK,
)  # fmt: skip
_HAPPENED = any_of(
    _COMES_BACK,
    f"(?:{_CLOCK_KO}(?:에|쯤|까지)*\\s*)?(?:출근|퇴근)(?:이라서?|했{_SO}|해서|해요?|하니까|합니다|인데)",
    "(?:출근|퇴근|일)(?:이|을)? ?늦(?:어서|게 ?(?:해서|하니까|끝나서)|어져서)(?: ?그런데)?",
    f"늦잠(?:을)? ?(?:자서|잤{_SO})", f"지각(?:해서|했{_SO})", f"(?:늦게|방금|막|이제) ?일어(?:나서|났{_SO})",
    "바(?:빠서|쁘니까|빠요|쁜데요?)", "(?:몸이 ?|좀 ?|너무 ?)*(?:아파서|아픈데|아파요)",
    "(?:몸이 ?)안 ?좋아서",
    "일(?:이)? ?많아서", "시간(?:이)? ?없어서", "정신(?:이)? ?없어서", f"깜빡(?:했{_SO}|해서|하고)",
    "(?:메일|알림)(?:이|도)? ?(?:너무 ?)?많아서",
)  # fmt: skip
_SUITS = any_of(
    "(?:회의|미팅|출근|퇴근|수업|외근)?(?:에|을|를)? ?(?:들어가|나가|가|시작하|하)기 ?전에",
    "(?:너무 ?|좀 ?|진짜 ?)*(?:귀찮|시끄럽|지겹|부담스럽)"
    "(?:아서?|네요?|은데요?|고|다)", "(?:너무 ?|좀 ?)*(?:시끄러워|지겨워|질려|부담돼|피곤해)서?요?",
    "before (?:my|the|our) (?:next |first )?(?:meeting|call|day|standup)(?: starts)?",
    "before i (?:start|leave|go|head out)",
    "(?:연결|연동)(?:이|은)? ?(?:또 ?|자꾸 ?)?(?:끊겼|끊어졌|풀렸|해제됐|안 ?됐|안 ?(?:돼|되어) ?있)"
    "(?:네요?|어요?|는데요?|어서|습니다|다|음)?",
    "가능하(?:면|시면|다면)", "괜찮(?:으시면|으면|으시다면|다면)",
    "죄송(?:한데|하지만|합니다만|해요|합니다)요?",
    "미안(?:한데|하지만|해요?)?", "번거로우시겠지만", "바쁘시겠지만", "시간 ?되시면", "다름이 ?아니(?:라|고)",
    "if possible", "if you can", "if you could", "if that is (?:ok|okay|possible|alright)", "if that works",
    "if you don't mind", "if it is (?:ok|okay|possible)", "sorry", "when you get a chance", "when you can",
    "for me", "instead of (?!at|the|my)[a-z]+ing(?: for it| any longer)?",
)  # fmt: skip
_MISSED = any_of(
    f"(?:실수로 ?)?(?:지웠|삭제했)(?:{_SO})",
    "(?:아까 ?|아침에 ?|출근길에 ?)*(?:못|안) ?(?:봐서|받아서|읽어서|봤는데) ?그런데요?",
    f"(?:아직 ?|미처 ?|하나도 ?)*(?:못|안) ?(?:봤|받았|읽었|챙겼|왔)(?:{_SO}|네요?|다)",
    "(?:아직 ?|미처 ?)*(?:못|안) ?(?:봐서|받아서|읽어서|와서|봄|받음)",
    f"(?:놓쳤|못 ?챙겨 ?봤)(?:{_SO}|네요?|다)",
    "놓쳐서", f"확인(?:을)? ?못 ?(?:했(?:{_SO}|네요?)|해서)",
    "i (?:just |totally |accidentally |have )*(?:missed|lost|deleted|overslept|woke up|got up)"
    "(?: (?:late|it|that|this|one|the|my|today|today's|morning|morning's|briefing))*",
    "i (?:still )?(?:didn't|did not|haven't|have not|couldn't|could not)"
    " (?:see|seen|get|got|gotten|receive|received|read|check|checked|had)"
    "(?: (?:it|that|this|the|my|a|any|today|today's|morning|morning's|briefing|yet))*",
    "just woke up", "just got (?:in|up|to work|to the office)",
)  # fmt: skip
_STATE_EN = any_of(
    "on (?:a |my |an )?(?:vacation|leave|holidays?|pto|honeymoon|(?:business |work )?trip|break|(?:sick"
    "|parental|"
    "maternity|paternity|annual) leave)", "travell?ing(?: for work)?", "away", "off(?: work)?",
    "(?:out )?sick", "ill",
    "not feeling well", "unwell", "busy", "swamped", "out(?: of (?:the )?(?:office|town|country))?", "ooo",
    "back(?: (?:now|again|(?:at|to|in) (?:work|(?:the|my) (?:office|desk)|town|home)"
    "|from (?:my |the |a )?(?:vacation|leave|holidays?|pto|(?:business )?trip|honeymoon|break)))*",
    "taking (?:some |a few )?(?:time|days?) off", "working from home", "in (?:a )?(?:meetings?|training)",
)  # fmt: skip
_I_AM = any_of(
    "i am(?: going to be)?",
    "i will be",
    "i have been",
    "i was",
    "we are",
    "i am going",
    "i just got",
    "i got",
)
_FIRST = r"(?:^|(?<=[,.!;])\s*)"
_TOO = (
    r"\s*(?:저한테|나한테|제게)?\s*(?:는|은)?\s*(?:너무|좀|조금|많이|살짝|\s)*"
    r"(?:늦|이르|이른|일러|빠르|빠른|빨라|힘들)"
)
_CLAUSES = [
    *(
        rf"{_WHO}(?:{_CLOCK_KO}(?:에|부터)?\s*)?{_AWAY}(?:\s*(?:중|기간|예정))?{said}{_END}"
        for said in (rf"\s*{_IS}", rf"(?:이|가|을|를|에서|에|은|는|도)?\s*{_GOES}")
    ),
    rf"{_WHO}{_HAPPENED}{_END}",
    rf"{_SUITS}{_END}",
    rf"(?:회의|출근|수업|미팅|근무|퇴근)(?:이|가|은|는)?\s*{_CLOCK_KO}"
    rf"(?:이?라서?|이?니까|여서|인데|부터라서?){_END}",
    rf"{_CLOCK_KO}(?:은|는|이|에는|에|엔)?{_TOO}(?:어|은)?(?:{_SO}|요|(?:것|거)\s*같아(?:서|요)?)?{_END}",
    rf"(?<![a-z])(?:at\s+)?{_CLOCK_EN}"
    r"\s*(?:is|feels|seems)\s+(?:a\s+bit\s+|a\s+little\s+|way\s+|much\s+)*too\s+(?:early|late)",
    rf"(?<![a-z])(?:instead\s+of|rather\s+than)\s+(?:at\s+)?(?:the\s+usual\s+)?{_CLOCK_EN}",
    rf"(?<![a-z])i\s+(?:usually\s+|now\s+|only\s+)*(?:start|begin|finish|get|come|wake|leave|arrive|commute)"
    rf"(?:\s+[a-z]+){{0,3}}\s+(?:at|around|by|until|before)\s+{_CLOCK_EN}",
    rf"(?<![a-z])(?:(?:because|since|as)\s+)?{_I_AM}"
    rf"\s+(?:now\s+|currently\s+|just\s+|really\s+|very\s+)*{_STATE_EN}",
    rf"{_FIRST}(?:currently\s+|still\s+|now\s+)*{_STATE_EN}"
    r"(?=\s*[,.!;]|\s+(?:until|till|through|from|for|next|this|so|and|today|tomorrow)(?![a-z]))",
]
_ASIDE = re.compile("|".join(f"(?:{clause})" for clause in _CLAUSES))
MISSED = re.compile(rf"{_MISSED}{_END}")
_REPORTED = any_of("말라", "달라", "라고", "다고", "라니까", "다니까", "래서", "대서", "말래", "달래")
# What says that a time does not suit, so that another one beside it is to be the new one.
UNSUITED = compiled(
    "늦",
    "이르",
    "이른",
    "일러",
    "빠르",
    "빠른",
    "빨라",
    "힘들",
    "too (?:early|late)",
    "instead of",
    "rather than",
)
# Any reason at all, where the request after it names the briefing: 회의가 길어져서 브리핑 …
_REASON = re.compile(
    rf"{_FIRST}(?!.*{_REPORTED})(?:[가-힣0-9]+\s+){{0,4}}[가-힣]*"
    r"(?:[아어여해와가나라져려쳐돼워봐빠파커내러겨켜자]서|니까|느라|때문에)(?:\s*그런데)?[,\s]+"
    r"(?=[^.!?]*(?:브리핑|briefing))"
)
_REASON_EN = re.compile(
    rf"{_FIRST}(?!.*(?:said|says|told|asked|thinks?|wonder|wish|means?|wants?)(?![a-z]))"
    r"(?!.*(?<![a-z])(?:if|when|unless|not|never|meeting|call)(?![a-z]))"
    r"(?:my|the|it|there|work|traffic|because|since|as)\s[a-z' ]{3,60}?,?\s+so\s+(?=(?:please |can you "
    r"|could you |just )*"
    r"(?:send|pause|stop|skip|move|change|set|resume|restart|make|push|turn|hold)(?![a-z])[^.!?]*briefing)"
)


def set_aside(text: str) -> tuple[str, str]:
    """The text without such clauses, and these, both normalised; the second is empty where there are none."""
    aside: list[str] = []

    def taken(match: re.Match[str]) -> str:
        aside.append(match[0].strip())
        return " "

    for pattern in (MISSED, _ASIDE, _REASON, _REASON_EN):
        text = pattern.sub(taken, text)
    return " ".join(text.split()), " ".join(aside)

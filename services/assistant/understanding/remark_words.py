"""The words that tell a remark from a request, and both from what must not be acted on."""

from __future__ import annotations

import re

from services.assistant.understanding import change_words as changes
from services.assistant.understanding.phrases import any_of, compiled
from services.assistant.understanding.vocabulary import BRIEFING, EVENT, GOOGLE, MAIL, POLITE, REQUESTED

WORD = re.compile(r"\w+")
# Where one clause ends and another begins. 회사에서, 계약서 are no ends.
BREAK = re.compile(
    r"(?:[.!?;]+|,|\s-+)(?=\s)|\s(?=\()"
    r"|(?:[아어여해와가나라져려쳐돼워봐빠파커내러겨켜자놔둬줘춰바]서요?|[었았했됐왔]네|[는은인운한던쁜픈]데요?|니까요?|거든요?|느라|때문에"
    r"|라서요?|이라|네요|[아어해했]요|니다|[이예]에?요|세요|줘요?|줄래요?|주셔요|을게요?|할게요?|ㄱㄱ)(?=\s)"
    r"|(?<=\w)(?=\s(?:so|because|but|as i|as my|since (?:i|my|we|the|it|there)"
    r"|or (?:can|should|shall|may|do|am) (?:i|we))\s)"
)
# Somebody else's words, and what depends on something: nothing in such a message is done.
FOREIGN = compiled(
    '"', "[가-힣](?<![셨줬]으)면(?:은|요)?(?![가-힣])", "만약", "만일", "[가-힣]다면", "라고", "[가-힣]다고",
    "달라고", "라던데",
    "다던데", "[달하으이]래(?:요|서)?(?![가-힣])", "던데",
    "하자고", "라니", "if", "unless", "in case",
    "what happens",
    "when(?! (?:is|are|do|does|will|you))", "once(?= (?:i|we)|[ ]?,)", "after(?= (?:i|we)|[ ]?,)",
    "[가-힣]때(?:는|엔|에)?(?![가-힣])",
    "said", "says", "(?<!briefing[ ])say", "told", "tells", "tell", "asked", "asks", "heard", "wrote",
    "claims?", "suggested",
    "why", "왜", "어떻게 ?(?:하|해|되|돼)", "의미", "무슨 ?뜻",
)  # fmt: skip
DOUBT = compiled(
    "계속 ?(?:보내|켜|받|와|줘|오)[가-힣]*", "야 ?(?:되|돼|하|할)[가-힣]*",
    "안 ?(?:꺼|끄|멈|바꿔|켜|끊|쉬)[가-힣]*", "아마", "[할을꿀칠]까(?! ?(?:요|봐))",
    "까 ?(?:해|하는|생각|싶|고민)", "고민", "생각 ?중", "아직", "취소", "농담",
    "장난", "궁금", "물어본", "maybe", "perhaps", "might", "thinking", "considering",
    "(?<!briefing[ ])should",
    "should .{1,40} (?:but|and it|yet)",
    "wonder(?:ing)?",
    "kidding", "joking", "joke", "cancel that", "never ?mind", "not sure", "not yet", "just asking", "wait",
    "did", "would have", "already", "yesterday", "어제", "지난", "말고", "마", "마세요", "마요", "말아",
    "말아줘", "말아주세요", "말아 ?주[가-힣]+",
    "don't (?:change|pause|stop|move|turn|switch|touch|skip|resume|start|set"
    "|cancel|send|you)", "do not", "never", "not", "no(?! (?:more )?(?:daily |morning )?briefings)",
    "nope", "아니[가-힣]*", "그대로", "keep", "leave it",
    "no longer",
    "how", "what", "which", "어떻게", "방법", "[가-힣]지 ?(?:마|말|않)[가-힣]*",
)  # fmt: skip
DENIES = compiled(
    "취소", "하지 ?마[가-힣]*", "[가-힣]지 ?(?:마|말)[가-힣]*", "말고",
    "아니(?:야|에요|요|다|고|면)?(?![가-힣])", "농담",
    "장난", "그냥 ?물어", "cancel", "never ?mind", "kidding", "joking", "just asking", "(?<!i[ ])don't",
    "do not(?! have)", "maybe", "perhaps", "not sure",
    "고민", "생각 ?중", "궁금", "물어본", "^never", "아마",
    "no", "nope", "wait", "not yet", "not really", "아직", "나중", "later", "instead", "대신",
)  # fmt: skip
_BOSSES = any_of(
    "pause", "stop", "skip", "mute", "hold", "resume", "restart", "change", "move", "set", "send",
    "turn", "switch",
    "make", "push", "shift", "connect", "disconnect", "delete", "forward", "reply", "remind", "book",
    "cancel",
    "schedule", "start", "decline", "accept", "wake", "call me",
)  # fmt: skip
REQUESTS = re.compile(rf"{REQUESTED}|^(?:(?:and|then|also|just|ok|okay|now) )*{_BOSSES}(?![a-z])")
_TO_CHANGE = any_of(changes.PAUSES, changes.RESUMES, changes.RETIMES, changes.SENDING)
CHANGING = re.compile(f"{BRIEFING}|{_TO_CHANGE}|{REQUESTED}")
ORDERS = re.compile(
    f"{REQUESTED}|"
    + any_of(
        "[가-힣](?:줘|해라|하자|할래|할게|하고 ?싶[가-힣]*)",
        "필요 ?없[가-힣]*",
        "안 ?(?:보내|주셔|줘|받)[가-힣]*",
        "그만[가-힣 ]*",
        "(?:으로|로)$",
        "꺼(?![져졌진놔놓뒀둔])",
        "멈춰(?! ?(?:져|졌|놔|놓|뒀|둔|있))",
        "켜(?![져졌진놔놓뒀둔])",
        "쉬자",
        "쉴게",
        "재개",
        "briefings? should (?:now )?(?:come|arrive|be|get here|go out)",
        "any chance (?:of )?(?:my |the |your |daily |morning )*briefings?",
    )
    + rf"|(?:^|[,.!;]\s*|(?<![a-z])(?:so|and|then|just|kindly|ok|okay|hey|hi|back|now|robeing) )"
    rf"{_BOSSES}(?![a-z])"
)
# Said of other things and people, in the clause that names the briefing.
OTHERS = compiled(
    EVENT, "이메일", "메일", "e?mails?", "inbox", "구글", "google",
    "[가-힣]+(?<!선생)님(?:이|의|한테|은|는|꺼|도)? ",
    "[가-힣]{2,4} ?(?:씨|팀장|대리|과장|부장|차장|사원)[가-힣]*", "팀원[가-힣]*", "동료[가-힣]*",
    "친구[가-힣]*",
    "(?:우리|전체) ?팀", "(?!today|tonight|morning|it|that|let|what)[a-z]+'s", "his", "her", "their",
    "them all", "everyone",
    "everybody", "colleagues?", "boss", "team", "(?:한테|에게)(?! ?매일)", "radio", "알람", "노래", "보고서",
    "자료", "고객[가-힣]*", "임원[가-힣]*", "주간", "프로젝트", "제품", "언론", "경영진", "신문",
    "briefing (?:room|deck|slides?|doc|document|book|pack|notes)", "브리핑 ?(?:룸|실)", "weekly", "client",
    "sales", "project", "product", "security", "investor", "press", "report",
)  # fmt: skip
# Times and days that were not read: what is done without them may be wrong.
UNREAD = compiled(
    "[0-9]+", "[월화수목금토일]요일", "주말", "평일", "매주", "격주", "매달", "weekends?", "weekdays?",
    "mondays?",
    "tuesdays?", "wednesdays?", "thursdays?", "fridays?", "saturdays?", "sundays?", "every other",
    "weekly", "monthly",
    "hours?", "시간 ?(?:씩|더)", "[가-힣]*마다", "다음 ?(?:주|달)", "next (?:week|month)", "tomorrow",
    "내일", "모레",
    "week", "month", "days?", "format", "topic", "news", "뉴스", "형식", "내용", "shorter", "longer",
)  # fmt: skip
ONLY_POLITE = re.compile(rf"(?:{POLITE}|[\W_])*+")
SHOWN = compiled(
    "보여", "보내", "(?<![가-힣])줘", "주세요", "주실", "볼 ?수", "볼래", "받아 ?볼", "show(?: me)?",
    "send(?: me)?",
    "give(?: me)?", "can i (?:get|see|have)", "could i (?:get|see|have)", "resend(?:ing)?", "pull up", "need",
    "want", "(?:re)?(?:post|send|share)(?:ing)?", "띄워", "올려", "쏴", "주이소", "필요(?! ?없)",
    "[가-힣](?:주라|주셈|줄래|주실래)", "한 ?번 ?(?:만 ?)?더",
    "(?:do|does|did) (?:my |the |today's )*briefing say",
    "내용 ?(?:뭐|뭔|알려|좀)[가-힣]*", "what (?:is|was) in (?:my |the |today's )*briefing",
)  # fmt: skip
# Something is to be looked after or told, not shown.
EXPLAINED = compiled(
    "확인", "체크", "알려", "설명", "왜", "언제", "몇 ?시", "어떻게", "check", "explain", "when", "what time",
    "why", "tell me (?:when|why)", "make sure", "stop", "고쳐", "fix",
)  # fmt: skip
DOUBT_OF_WISH = compiled(
    "지 ?(?:마|말|않아도)[가-힣]*", "don't (?:send|show|need|want|give|post|resend)", "do not",
    "never(?! (?:saw|got|received|read|came))", "no need",
    "no longer", "not (?:send|want|need)", "안 ?(?:보내|줘|주셔)[가-힣]*", "필요 ?없[가-힣]*", "취소", "말고",
    "됐어요?",
    "농담", "kidding", "never ?mind", "without", "keep", "계속",
)  # fmt: skip
NOT_NOW = re.compile(
    "|".join(
        (
            changes.PAUSES,
            changes.RETIMES,
            any_of(
                "매일",
                "앞으로",
                "이제",
                "마다",
                "daily",
                "every",
                "from now on",
                "on",
                "켜",
                "끄",
                "꺼(?![져졌진놔놓뒀둔])",
                "시작",
                "재개",
                "늦게",
                "일찍",
                "먼저(?! ?(?:볼|보여|보고|봐))",
                "빨리 ?받",
                "earlier",
                "later",
                "휴가",
                "출장",
                "복귀",
                "돌아",
                "vacation",
                "back",
                "시간",
                "끝",
                "계속",
                "paused",
                "stopped",
                "moved",
                "changed",
                "set",
                "취소",
                "cancel(?:led|ed)?",
                "설정",
                "없애",
                "다른",
                "요일",
                "뉴스만",
                "only",
                "만 ",
                "with(?:out)?",
                "빼고",
                "제외",
            ),
        )
    )
)
# Where or whence, not what time instead of what.
PLACED = compiled("(?<![0-9시분핑])에서", "from(?! (?:now|[0-9]))", "but")
_THANKS = any_of(
    "고생 ?(?:했|하셨|많)[가-힣]*", "ta(?=\\W*$)", "고마[워웠][가-힣]*", "고맙[가-힣]*", "감사[가-힣]*",
    "땡큐",
    "ㄱㅅ+(?:ㄱㅅ)*",
    "수고[가-힣]*",
    "thanks(?: (?:a lot|so much"
    "|a million|a ton|again))?", "thank you(?: (?:so|very) much)?", "cheers", "much appreciated",
    "appreciate it",
)  # fmt: skip
GRATEFUL = re.compile(
    rf"(?:[가-힣]*(?:줘|주셔|와|와줘)서\s*)?(?:정말|너무|진짜)?\s*{_THANKS}|thanks for [a-z' ]+"
)
GREETS = re.compile(
    r"^(?:로빙[아이]?\s*)?"
    + any_of(
        "안녕[가-힣]*", "안뇽[가-힣]*", "하이[요루]?(?![가-힣])", "ㅎㅇ", "헬로우?", "굿 ?모닝",
        "좋은 ?(?:아침|오후|저녁)[가-힣]*",
        "반가[가-힣]*", "반갑[가-힣]*", "hi+", "hello+", "hey+", "heya", "hiya", "howdy",
        "good (?:morning|afternoon|evening)",
        "morning",
    )
)  # fmt: skip
EVENTS = re.compile(EVENT)
ABOUT_US = re.compile(f"{BRIEFING}|{MAIL}|{EVENT}|{GOOGLE}|{changes.CONNECTS}")

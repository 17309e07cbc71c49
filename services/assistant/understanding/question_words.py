"""The words of requests that only read."""

from __future__ import annotations

import re

from services.assistant.understanding.phrases import any_of, compiled
from services.assistant.understanding.vocabulary import BRIEFING, EVENT, MAIL, POLITE, REQUESTED

_HELLO = any_of(
    "안녕[가-힣]*", "안뇽[가-힣]*", "하이[가-힣]*", "ㅎㅇ", "헬로우?", "할로", "하잉", "방가[가-힣]*",
    "반가[가-힣]*", "반갑[가-힣]*", "굿 ?모닝", "굿 ?애프터눈", "굿 ?이브닝",
    "좋은 ?(?:아침|하루|오후|저녁|밤|날)[가-힣]*", "여보세요", "로빙[가-힣]*", "처음 ?뵙[가-힣]*",
    "잘 ?(?:지내|지냈|잤|부탁|있었|계셨)[가-힣]*", "오랜만[가-힣]*", "굿 ?모닝[가-힣]*",
    "(?:주말|휴가|연휴|명절) ?잘 ?보[가-힣]*",
    "새해 ?복[가-힣 ]*받[가-힣]*", "메리 ?크리스마스", "출근(?:했|이|완)[가-힣]*", "오", "와", "아", "음",
    "야", "헤이", "네", "넵",
    "좋은 ?(?:주말|한 ?주|월요일)[가-힣]*", "how is (?:it going|your day|everything|life)(?: today| going)?",
    "happy (?:monday|tuesday|wednesday|thursday|friday|weekend|new year|holidays)", "long time no see",
    "welcome back", "hola", "bonjour", "다들", "모두", "여러분",
    "merry christmas", "good to (?:see|meet) you", "oh", "mate", "buddy", "friend", "my friend", "all",
    "저기요?", "hi+", "hello+", "hey+", "heya", "hiya",
    "howdy", "yo", "sup", "greetings", "good (?:morning|afternoon|evening|day)", "morning", "what is up",
    "how are you(?: doing)?(?: today)?", "how is it going", "nice to meet you", "there", "robeing", "bot",
    "everyone", "again", "annyeong(?:haseyo)?",
)  # fmt: skip
_THANKS = any_of(
    "고[마맙][가-힣]*", "감사[가-힣]*", "ㄱㅅ(?:ㄱㅅ)*", "네+", "넵+", "넹", "예", "응+", "오+", "와+",
    "우와", "이야", "아하", "오호", "a million", "a ton", "tons", "today", "아+", "앗",
    "오케이", "오키", "ㅇㅋ", "ㅇㅇ", "알겠[가-힣]*", "알았[가-힣]*", "확인(?:했|함|완)[가-힣]*", "굿",
    "역시", "짱[가-힣]*",
    "덕분[가-힣]*", "도움(?:이)? ?(?:많이 ?)?(?:됐|되었|돼|된)[가-힣]*",
    "(?:좋은|즐거운) ?(?:하루|주말|저녁|밤)[가-힣 ]*?(?:되|보내)[가-힣]*",
    "많이", "많은", "참", "매우", "완전", "바로", "빠르[가-힣]*", "빨리", "친절[가-힣]*", "로빙[가-힣]*",
    "다",
    "(?:i )?got it", "noted", "understood", "all good", "alright", "sure", "yes", "yep", "yeah", "no problem",
    "wow", "oh",
    "that (?:helps?|helped|was|is|worked|works)", "(?:really |very |super |so )?helpful",
    "it (?:works|worked)", "really", "man",
    "mate", "buddy", "dude", "appreciate (?:that|this)", "i", "again",
    "for (?:that|this|the [a-z]+|everything|letting me know)",
    "love it", "you rock", "you are (?:the best|great|awesome|a lifesaver)", "lol", "haha", "bye", "see you",
    "have a "
    "(?:good|nice|great) (?:day|one|weekend|evening)", "ta", "many", "works", "exactly what i needed",
    "just what i needed", "땡큐", "ㄱㅅ", "수고[가-힣]*", "고생[가-힣]*", "최고[가-힣]*",
    "잘 ?(?:했|봤|받았)[가-힣]*", "정말", "진짜", "너무", "항상", "매번", "좋아요?", "좋네요?", "thanks",
    "thank you", "thank", "cheers", "great", "perfect", "awesome", "nice", "(?:good|great|nice) (?:job|work)",
    "well done",
    "so much", "very much", "a lot", "a bunch", "much appreciated", "you", "appreciate it",
    "for your help", "for the help", "ok", "okay", "cool",
)  # fmt: skip
_SOFT = r"[\s.,!?~:;()'\"^♡❤👍🙏👋😀-🙏-]"
_GRATEFUL = any_of(
    "고마", "고맙", "짱", "도움(?:이)? ?(?:많이 ?)?(?:됐|되었|돼)", "helpful", "you rock", "love it",
    "that (?:helps|helped)",
    "nice work", "lifesaver", "감사", "땡큐", "ㄱㅅ", "수고", "고생", "최고", "잘 ?(?:했|봤|받았)", "thanks?",
    "cheers", "great",
    "perfect", "awesome", "(?:good|great|nice) (?:job|work)", "well done", "appreciated?",
)  # fmt: skip
GREETING = re.compile(rf"(?=.*\w)(?:{_HELLO}|{_SOFT}|요)++")
THANKS = re.compile(rf"(?=.*{_GRATEFUL})(?:{_THANKS}|{_HELLO}|{_SOFT}|요)++")
LEADING_HELLO = re.compile(rf"^(?:(?:{_HELLO}){_SOFT}*+)++")

HELP = compiled(
    "도움말", "도움이? ?(?:필요|줘)[가-힣]*", "^도움[.!?]*$", "도와 ?줘[가-힣]*", "도와주[가-힣]*",
    "뭐 ?부터 ?(?:하|해|물어)[가-힣 ]*",
    "(?:뭘|뭐를?|무엇을|어떤 ?걸) ?(?:물어 ?보|부탁하|시키|말하)면 ?(?:돼|되)[가-힣]*",
    "(?:뭐|뭘) ?(?:시킬|부탁할|해줄|해 ?줄 ?수|시켜도|물어봐도) ?(?:수|돼|되|있)[가-힣 ]*",
    "할 ?줄 ?(?:아|알)[가-힣]*",
    "(?:뭐|뭘|어떤 ?거|어떤 ?게|어디) ?까지 ?(?:돼|되|가능|할)[가-힣 ]*", "예시",
    "(?:무슨|어떤) ?(?:질문|말|요청|명령)(?:을|를|이)? ?(?:할|하면|해야|가능)[가-힣 ]*", "사용 ?예", "메뉴얼",
    "what (?:else|all|kind of (?:things|stuff)|things|stuff) (?:can|do) you (?:do|help with|know)[a-z ]*",
    "help guide",
    "what are you (?:able|capable)[a-z ]*", "(?:your|list) (?:capabilities|features|commands)",
    "what can you help[a-z ]*",
    "how (?:do|can|should) (?:i|we) (?:talk to|ask|work with) (?:you|this)", "how to use", "show me around",
    "get me started",
    "(?:what|which) (?:commands|questions|things) [a-z ]*", "what do i (?:say|type|ask)",
    "헬프", "사용 ?(?:법|방법|설명서)[가-힣]*", "명령어", "메뉴(?!얼)", "(?:무슨|어떤) ?기능",
    "기능(?:이|은|들|들이|을|좀|에는)? ?(?:좀 ?)?(?:뭐|뭔|어떤|알려|목록|설명|소개)[가-힣]*",
    "(?:뭐|뭘|무엇|무얼|(?:어떤|무슨) ?(?:거|걸|것|일))(?:을|를)? ?(?:다 ?)?"
    "(?:할|해 ?줄|도와줄|물어볼) ?수 ?있[가-힣]*",
    "할 ?수 ?있는 ?(?:게|거|것|일)[가-힣]*", "어떻게 ?(?:써|쓰|사용|이용)[가-힣]*",
    "(?:너|넌|당신|로빙)(?:은|는|이)? ?(?:누구|뭐|뭘|정체|뭐하는)[가-힣]*", "누구(?:야|세요|니|냐)",
    "자기 ?소개[가-힣]*", "가이드", "매뉴얼", "^help(?: me)?(?: please| out)?[.!?]*$",
    "help (?:me(?! (?:to )?(?:connect|link|find|search|disconnect|delete|pause|set))|menu|please)",
    "what can (?:you|i) (?:do|ask|say)[a-z ]*", "what do you do",
    "who are you", "what are you", "how (?:do|can|should) i use (?:you|this|it)",
    "how does (?:this|it|the)(?: thing| bot| app)? (?:even |actually )?work", "how do you work",
    "commands?", "options", "menu", "usage",
    "instructions?", "features?", "^\\?+$", "tutorial", "manual", "i need help", "get started",
    "(?:브리핑|briefing)(?:이|은|는)? ?(?:뭐야|뭐예요|뭔가요|뭐지|뭐니|뭐죠)",
    "what is (?:a|the|this) (?:briefing|bot)",
)  # fmt: skip

_HOW_IT_IS = any_of(
    "됐", "되었", "되어", "돼", "된", "되나", "될", "잘", "확인", "여부", "안", "끊겼", "끊어졌", "끊긴",
    "풀렸", "정보", "이상", "문제", "살아", "유지", "현황", "어때", "상황",
)  # fmt: skip
_BRIEFING_STATE = any_of(
    "못 ?받",
    "왜", "안 ?(?:와|왔|옴|온|오)", "멈췄", "멈춘", "멈춰 ?있", "꺼져", "꺼졌", "꺼진", "켜져", "켜졌",
    "멈춰져", "보냈[어나니지냐]", "오[지죠]", "보내졌",
    "중지(?:됐|되|된|중)", "정지(?:됐|되|된|중)", "중단(?:됐|되|된|중)", "쉬(?:는|고 ?있)",
    "어떻게 ?(?:돼|되)", "바뀌?었", "바뀐", "바꼈", "바꿨", "설정(?:됐|되|돼)", "몇 ?시", "언제", "설정",
    "상태", "시간 ?(?:알려|확인|뭐|이)", "오(?:나|니|는|고 ?있)",
)  # fmt: skip
_STATE_EN = any_of(
    "paused", "stopp?(?:ed)?", "running", "active", "muted", "enabled", "disabled", "set", "resumed?",
    "changed?", "late", "coming", "come", "scheduled", "on", "off", "arrive", "missing",
)  # fmt: skip
_BRIEFING_EN = any_of("(?:my |the |your |today )*briefings?", "it", "they", "(?:my |the )*delivery")
STATUS = compiled(
    "what is my (?:briefing|delivery) (?:time|schedule|settings?)", "what time is it set", "설정 ?시간",
    f"(?:연결|연동|로그인)(?:이|은|는|이랑)? ?(?:제대로 ?|아직 ?|계속 ?)?{_HOW_IT_IS}",
    "(?:연결|연동|계정|내|제|현재|지금|서비스|시스템|토큰) ?상태",
    "^상태(?:는|가|를|좀| )*(?:확인|알려|보여|어때|체크|뭐)?[가-힣]*[.!?]*$", "토큰", "만료",
    "(?:설정|셋팅)(?:은|을|이)? ?(?:보여|알려|확인|어떻게|상태|뭐|현황)", "(?:내|제|현재) ?설정",
    f"{BRIEFING}(?:은|는|이|가|을|를|도|만|에)? ?(?:[가-힣0-9:]{{1,10}}[ ]){{0,3}}{_BRIEFING_STATE}",
    f"(?:왜|언제|몇 ?시)[가-힣]* ?(?:[가-힣]{{1,10}}[ ]){{0,3}}{BRIEFING}",
    "(?:몇 ?시|언제)(?:에|쯤)? ?(?:보내|오|와|받)",
    "다음 ?브리핑(?:은|이|는)?(?: ?언제[가-힣]*| ?시간[가-힣]*)?",
    "(?:지금|구글|지메일|캘린더|메일)(?:이|은|는|랑|과|와)? ?연결(?:이)? ?(?:됐|되|돼|안|끊)", "status",
    "(?:am i|are we|is (?:my |the )?(?:google |gmail |calendar |mail |email |account |it )*"
    "|are (?:my )?[a-z ]*) ?(?:still |properly |already )*(?:connected|linked)",
    "(?:is )?(?:my |the )?connection (?:ok|okay|working|fine|good|alive|state|broken)",
    "(?:check|show|test) (?:my |the )?(?:connection|settings?)", "my settings",
    "(?:did|have) you (?:already )?(?:sent|send) (?:me )?(?:my |the |today |daily )*briefings?",
    "do you (?:still )?have access", "what is my (?:current )?(?:setup|set-up|configuration)",
    "what are my settings",
    "tokens?", "expired",
    "am i (?:still |currently |already )?(?:paused|muted|(?:un)?subscribed|on hold|active)",
    "(?:when|what time|at what time) (?:is|does|do|will|are|should|did)[a-z ]*"
    " (?:briefings?|it|they|send|sent)[a-z ]*",
    "(?:when|what time) (?:will|do|am) i (?!meet|have|see|need|leave|go|fly)[a-z ]*", "next briefing",
    "where is (?:my|the|today) briefing",
    "(?:did|didn't|is|isn't|are|was|wasn't|were|has|have|hasn't|why|why is|why did|why didn't)"
    f" {_BRIEFING_EN}(?:[ ][a-z']{{1,12}}){{0,3}}? {_STATE_EN}",
    f"why (?:[a-z']{{1,12}}[ ]){{0,7}}{BRIEFING}",
    "(?:^|[,.!?] |hey |so )(?:did|has|have|was|is|are|am) (?:i |my |the |your |google |gmail |calendar "
    "|mail |email |account |connection )*"
    "(?:get |been |still |got |getting |really )*(?:dis|un)?(?:connected|linked)",
    "(?:i )?(?:didn't|did not|haven't|have not) (?:get|got|gotten|receive|received)"
    f" (?:my |the |a |any |today )*{BRIEFING}",
    "(?:did you|have you) (?:pause|paused|stop|stopped|change|changed|resume|resumed)(?: [a-z]+)*",
    "연결(?:이)? ?(?:안|자꾸)", "is (?:everything|it|all) (?:ok|okay|working|fine|connected)",
    "can not connect", "(?:my |the )?connection", "잘 ?(?:되고|돌아가고|작동하고) ?있[가-힣]*",
)  # fmt: skip

HAS_MAIL, HAS_BRIEFING = re.compile(MAIL), re.compile(BRIEFING)
EVENT_BRIEFED = re.compile(f"{EVENT}(?:을|를|만)?\\s*(?:좀\\s*)?브리핑\\s*(?:해|좀|부탁)")
HAS_EVENT = re.compile(EVENT + "(?!록|실|자료|장소|비)")
_MEANT = any_of("뉴스", "news", "headlines?", "소식")
NEWS = re.compile(_MEANT)
_READ = any_of(
    "오늘의?", "오늘치", "하나", "일일", "gimme", "오늘자", "아침", "지금", "바로", "당장", "빨리",
    "얼른", "어서", "미리", "미리 ?보기",
    "보여", "볼래", "볼게", "볼 ?수 ?있(?:어|나|을까)", "보자", "보고 ?싶", "봐", "받아 ?볼", "받",
    "보내", "주", "줘", "줄래", "줄", "내놔", "알려", "만들어", "읽어", "틀어", "돌려", "실행", "시작",
    "생성", "뽑아", "다시", "한번", "한 ?번", "더", "있(?:어|나|니)", "뭐야", "뭐 ?있어", "어때", "전체",
    "메일", "일정", "와", "랑", "간단히", "간단하게", "짧게", "정리", "업데이트", "새", "최신", "주요",
    "내용", "요약본", "아까", "방금", "어딨(?:어|지|나)", "ㄱ", "mind", "would you mind", "sending", "잠깐",
    "summary", "빼먹지 ?말고", "check", "요약(?:해서|해)?", "해서", "받아 ?볼 ?수 ?있(?:어|나|을까)", "보실",
    "봐야", "아직", "한번만", "번만", "받아", "볼", "올려", "쏴", "던져", "띄워", "부터", "좀 ?더",
    "저", "나", "제", "내", "우리", "거", "것", "꺼", "다시 ?한 ?번", "재전송", "재발송", "로",
    "again", "resend", "re-send", "sent", "forward", "hit me with", "one more", "time", "real quick",
    "start my day",
    "today", "today's", "now", "show", "send", "give", "get", "read", "see", "run", "make", "do",
    "generate", "create", "prepare", "preview", "fetch", "latest", "current", "what is", "is there", "in",
    "daily", "morning", "full", "quick", "once more", "one more time", "another", "new", "pull up",
    "ready", "let me", "can i(?: please)?(?: have| see| get)?", "may i(?: have| see| get)?",
    "could i (?:have|see|get)", "have", "where is", "right away", "asap", "go", "for today", "day",
    "brief", "with", "today's", "'s", "up",
)  # fmt: skip
BRIEFING_NOW = re.compile(rf"(?:{BRIEFING}|{_MEANT}|{REQUESTED}|{_READ}|{POLITE}|[\s.,!?~:;'\"-])++")
CATCH_UP = compiled(
    "(?:뭐 ?)?새로운 ?(?:거|것|게|소식|일)(?:이|은)? ?(?:있|뭐|없)[가-힣]*",
    "brief me(?: please| now| on today)?", "what did i miss", "catch me up",
    "what is new(?: today)?(?! (?:in|with|on))",
    "오늘 ?하루 ?(?:요약|정리)[가-힣]*", "아침 ?보고[가-힣]*", "오늘 ?(?:소식|뉴스)[가-힣 ]*",
)  # fmt: skip

DAY_QUESTION = compiled(
    "when is my [a-z0-9:]+",
    "뭐 ?(?:있|해|하|할|예정)[가-힣]*", "무슨 ?일[가-힣]*", "바[쁘쁜빠][가-힣]*", "한가(?!지)[가-힣]*",
    "비어[가-힣]*", "비는[가-힣]*", "비나요?", "시간 ?(?:있|비|되|돼)[가-힣]*", "할 ?일",
    "하루 ?(?:어때|어떻)[가-힣]*", "what is (?:on|up|happening|planned|going on|coming up|in store)",
    "what (?:do|have) i(?: have)?(?: got)?", "what am i doing", "free", "busy", "available",
    "availability", "anything (?:on|planned|happening|going on|coming up|scheduled)",
    "double[ -]?booked", "what is left", "when (?:do|am) i (?:meet|see|have)[a-z ]*",
    "who (?:do|am) i meet(?:ing)?",
    "do i have (?:anything|something|time|to be)", "what does my day look like",
    "how does my (?:day|week) look", "what is (?:today|tomorrow|my day|my week|next|my)",
    "(?<!made[ ])(?<!saved[ ])(?<!saves[ ])my (?:day|week|afternoon|morning|evening)", "how busy", "what is$",
)  # fmt: skip
# Said of a day that is named beside it, and of nothing else: what about friday?
DAY_ONLY = re.compile(
    r"(?:\W|"
    + any_of(
        "anything",
        "show(?: me)?",
        "something",
        "any plans",
        "plans",
        "what about",
        "how about",
        "and",
        "so",
        "what is",
        "how is",
        "how does",
        "look",
        "looking",
        "looks",
        "like",
        "going on",
        "happening",
        "planned",
        "scheduled",
        "is there",
        "do i have",
        "got",
        "have i got",
        "on",
        "for me",
        "for",
        "in",
        "the",
        "at",
        "then",
        "also",
        "hey",
        "special",
        "important",
        "else",
        "busy",
        "free",
        "my day",
        "my",
        "day",
        "now",
        "else",
        "to do",
        "coming up",
        "what do i have",
        "what have i got",
        "은",
        "는",
        "엔",
        "에는",
        "에",
        "어때요?",
        "어떤가요?",
        "어떻게 ?(?:돼|되)[가-힣]*",
        "뭐",
        "뭔가",
        "있[가-힣]{1,3}",
        "그럼",
        "그러면",
        "혹시",
        "요",
        "이?랑",
        "그리고",
        "별일",
        "별거",
        "없[가-힣]{1,3}",
        "예정",
        "도",
        "나",
        "저",
        "내",
        "제",
    )
    + ")*+"
)
LOOKS_LIKE_MAIL = compiled(
    "(?:anything|something|things?|stuff|everything)(?: new| else| important)? from (?!(?:today|tomorrow"
    "|yesterday|my"
    "|the) ?(?:calendar|schedule|$))[a-z]",
    "스팸함", "휴지통", "보낸 ?편지함", "spam folder", "trash",
    "what did (?:the |my )?[a-z]+ (?:write|send|e?mail)", "(?:reply|response|answer|email) from",
    "(?<!what[ ])(?:have|did) i (?:already )?(?:get|gotten|receive|received)",
    "(?:hear|heard)(?: anything| back)* from [a-z]",
    "who (?:e?mailed|wrote|has written|has e?mailed)(?: to)? me",
    "(?:답장|회신|답변|연락)(?:이|은|을|도)? ?(?:왔|온|있|안 ?왔|받았|했[나는어])",
    "(?:한테|에게|께)서? ?(?:뭐 ?|무슨 ?)?(?:왔|온|받은|받았)", "(?:한테|에게|께)서 ?(?:뭐 ?)?있",
    "(?:did|has) (?!you|it|the|my|i)[a-z.]+ (?:send|sent|e?mail(?:ed)?|write|written|repl(?:y|ied))",
    "보낸 ?(?:거|것|건|메)", "온 ?(?:거|것|건)(?= )", "첨부", "견적서", "송장", "청구서", "영수증",
    "invoices?", "receipts?", "attachments?",
)  # fmt: skip
FROM = re.compile(r"^from\s+[a-z@]")
CRITERION = compiled(
    "보냈[어나니지]",
    "관련", "관한", "대한", "대해", "에서 ?온", "보낸", "(?:한테|에게)서? ?(?:온|받은)", "제목", "첨부",
    "안 ?읽", "안 ?본", "읽지 ?않", "중요", "새", "최근", "최신", "받은", "온", "삭제된", "스팸",
    "휴지통", "별표", "from", "about", "with", "regarding", "to", "unread", "titled", "called", "title",
    "important", "starred", "new",
    "latest", "recent", "subject", "sent", "containing", "mentioning", "deleted", "spam", "attached",
    "by",
)  # fmt: skip

"""The words of requests that change something: what says it, and what may stand beside."""

from __future__ import annotations

from services.assistant.understanding.phrases import any_of, compiled
from services.assistant.understanding.vocabulary import BRIEFING

MYSELF = "(?<![가-힣])(?:나|저|난|전|제가|내가|저는|나는|저희|우리|제|내)(?=는|도|[ ]|$)"
# Beside a time: how much and which way, of what there is no need once the time is said.
TIME_WORDS = any_of(
    "(?:[0-9]{1,2} ?분|한 ?시간|[0-9] ?시간|반 ?시간) ?(?:더 ?|씩 ?)?(?:일찍|늦게|빨리|먼저)",
    "(?:half )?an hour",
    "(?:도착|수신|발송|전송|배달|받는) ?시간",
    "시간대",
    "받아 ?보고",
    "받아 ?볼(?:래|게)",
    "일찍",
    "늦게",
    "빨리",
    "빠르게",
    "조금",
    "약간",
    "살짝",
    "좀만",
    "조금만",
    "더",
    "쯤",
    "정도",
    "새로",
    "말구",
    "오는",
    "받는",
    "오도록",
    "받도록",
    "올 ?수 ?있게",
    "받을 ?수 ?있(?:게|도록)",
    "로요",
    "으로요",
    "earlier",
    "later",
    "sooner",
    "bit",
    "little",
    "rather",
    "delivery",
    "delivered",
    "have",
    "like",
    "adjust",
    "instead",
    "want",
    "need",
    "if",
    "new",
    "going forward",
    "starting",
    "onwards",
    "sharp",
    "be",
    "is",
    "sending",
)
PREFERS = any_of("i(?: would)? prefer", "i would rather", "바꿔", "받고 ?싶")
_BRIEFING_EN = "(?:briefings?|digests?|daily (?:summary|update))"
_NOT_NEEDED = any_of(
    "(?:어|아졌어|어졌어)요?", "습니다", "을 ?(?:것|거) ?같(?:아요?|습니다|네요?)",
    "을 ?듯(?:해요?|요|합니다)?", "음", "네요?", "다", "",
)  # fmt: skip
SENDING = any_of(
    "받아 ?보고", "받아 ?볼(?:래|게)", "messag(?:e|ing)",
    "보내", "와(?=줘|주)", "오게", "받(?:아(?!\\s*요?[\\s.!]*$)|을래|을게|을께|고|게|기)?", "발송", "배달",
    "전송",
    "send(?:ing)?",
    "deliver(?:y|ing)?", "get(?:ting)?", "receiv(?:e|ing)", "dms?",
)  # fmt: skip
EVERY_DAY = any_of(
    "매일(?: ?아침)?", "앞으로(?:는)?", "아침(?:마다)?", "날마다", "every ?day", "every morning", "daily",
    "each (?:day|morning)", "from now on", "morning", "in the", "다시", "원래대로",
)  # fmt: skip
RETIMES = any_of(
    f"make (?:my |the |daily |morning )*{_BRIEFING_EN} (?:come|arrive)",
    "알림 ?시간",
    "시간", "시각", f"schedule (?:my |the |daily |morning )*{_BRIEFING_EN}", "시간대",
    "(?:바꿀|변경할|옮길|조정할)(?:래|게|까 ?해|려고)", "바꿔", "바꾸", "변경", "옮겨", "옮기", "맞춰",
    "맞추", "설정", "조정", "당겨", "땡겨", "땡기",
    "앞당겨", "미뤄", "늦춰", "수정", "세팅", "말고", "대신", "에서", "change", "move", "set", "switch",
    "make", "reschedule", "push", "shift", "time", "update", "instead(?: of)?", "from", "but",
    "back",
)  # fmt: skip
PAUSES = any_of(
    "쉬어(?:가)?", "쉬자", "쉴게", "쉴래", "쉴께", "쉬고", "쉬게", "쉬겠", "쉬려고", "쉬세요", "쉽니다",
    "쉬도록", "쉬면", "멈춰", "멈추", "일시 ?(?:정지|중지|중단)", "중지", "중단", "정지", "스톱", "스탑",
    "꺼(?![져졌진놔놓뒀둔])", "끄", "건너 ?뛰", "건너 ?뛰어", "그만 ?(?:보내|받|해|줘|주세요)",
    "hold (?:my |the |all |daily |morning )*briefings?", "보내지 ?(?:마|말아|말)",
    "(?:보내|받)(?:줄|실|주실|을|지)? ?필요(?:가|는)? ?없" + _NOT_NEEDED,
    "안 ?(?:보내|보내셔|주셔|줘|와|오셔|받아|받|봐)(?: ?줘| ?주셔| ?주)?도 ?(?:돼|되|됩니다|됨|될 ?(?:것"
    "|거) ?같아|괜찮(?:아|습니다)?)요?",
    "안 ?받(?:을래|을게|을께|고|겠습니다|겠어)(?:요)?",
    f"(?:{BRIEFING})(?:은|는|이|도|을)? ?(?:이제 ?|이젠 ?|더 ?이상 ?|더는 ?|당분간 ?|별로 ?|딱히 ?"
    f"|안 ?)*필요(?:가|는|도)? ?없" + _NOT_NEEDED,
    f"(?:{BRIEFING}) ?구독(?:을)? ?(?:해지|취소|중지|중단|그만|끊)(?:할래|할게|하고)?",
    f"(?:{BRIEFING})(?:은|는|을|를)? ?(?:좀 ?)?(?:패스|스킵)",
    f"(?:{BRIEFING}) ?(?:알림|푸시)(?:을|를|은|좀)? ?(?:꺼|끄|멈춰|중지)",
    "받기 ?싫(?:어요?|네요?|습니다|은데요?|다)", "멈춤", "quit",
    f"(?:cancel|end|disable|deactivate) (?:my |the |all |daily |morning |your )*{_BRIEFING_EN}(?! (?:time"
    f"|at|for))",
    "pause (?:everything|all)", f"take me off (?:my |the |daily |morning )*{_BRIEFING_EN}(?: list)?",
    f"give me a break from (?:my |the |daily |morning )*{_BRIEFING_EN}",
    "(?:꺼|멈춰|중지해|중단해) ?(?:놔|둬|놓|두)(?!서)", "끄(?:자|고|겠|려고|면)", "그만 ?볼(?:래|게)",
    f"(?:i )?(?:don't|do not|no longer|will not|am not going to) (?:need|want|wish|want to|wish to)"
    f"(?: (?:get|receive|see|have))?"
    f"(?: (?:any|more|my|the|your|these|daily|morning))* {_BRIEFING_EN}",
    f"no (?:need|more need) (?:to send|for)(?: me)?(?: (?:any|my|the|a|daily|morning))* {_BRIEFING_EN}",
    f"(?:my |the )*{_BRIEFING_EN} off", "(?:cancel|end) (?:my |the |daily )*briefing subscription",
    f"unsubscribe (?:me )?(?:from )(?:my |the |daily |your )*{_BRIEFING_EN}",
    "put .{1,12}briefings? on (?:hold|pause)",
    f"(?:turn|switch) off (?:my |the |your |daily |morning )*{_BRIEFING_EN}", "discontinue",
    "no (?:more )?(?:daily |morning )briefings?", "안 ?보내", "안 ?받", "휴가", "연차", "휴무", "휴직",
    "pause", "stop", "skip",
    "mute", "snooze", "suspend", "hold(?: off)?(?: on)?",
    "(?:don't|do not) send(?: me)?(?: anything| any)?", "halt", "need a break",
    "(?:turn|switch) (?:it |them |(?:the |my |your )?briefings? )?off",
    "no (?:briefings?|messages|more briefings?)",
    "(?:i am |i will be )?(?:on |taking )?(?:an? )?(?:vacation|holidays?|leave|pto)",
    "i am (?:off|away|out)", "i will be (?:off|away|out)", "(?:out of|away from) (?:the )?office", "ooo",
    "take (?:a|the) (?:break|day off|week off)", "(?:day|week) off",
)  # fmt: skip
PAUSE_WORDS = any_of(
    "(?:갔다|다녀) ?(?:올|오)게요?", "동안", "한동안", "내내", "for good", "till then", "until then",
    "(?<![가-힣])(?:나|저)(?=는|도|[ ]|$)", "(?<![가-힣])(?:난|전)(?![가-힣])",
    "더 ?이상", "더는", "이제는", "이젠", "앞으로는?", "구독", "쭉", "아예", "그냥",
    "(?<![가-힣])매일(?![가-힣])(?= ?(?:오|받|보내))",
    "아침", "오는", "받는", "보내는", "거", "것", "하루", "까지만", "까지", "anymore", "any more",
    "any longer", "longer",
    "forever", "indefinitely", "permanently", "completely", "from now on", "going forward", "daily",
    "morning", "until i am back",
    "until i (?:say so|tell you|ask|come back|get back|return)", "through", "more", "any", "these", "left",
    "남은", "temporarily", "for now",
    "starting", "again", "bit", "sent", "delivered", "until",
    "잠시", "잠깐", "간다", "가요?", "갑니다", "갈게", "이야", "야", "입니다", "예요", "이에요", "이라",
    "라서", "중", "니까", "이니까", "please", "while", "until further notice", "i am", "i will be",
    "going", "have", "taking", "because",
)  # fmt: skip
RESUMES = any_of(
    f"다시 ?(?:(?:매일|아침마다|아침에?|날마다|좀|(?:{BRIEFING})(?:을|를|은|도)?) ?)+(?:보내|시작|켜"
    f"|받(?:을래|을게|고|아)?|부탁|줘|살려)",
    "(?:일시 ?)?(?:정지|중지|중단|멈춤)(?:을|를|한 ?거|된 ?거)? ?(?:해제|풀어|풀고)(?:하고)?",
    "살려", "재가동", "활성화", "다시 ?(?:살려|가동|돌려|부탁)", "(?:re-?)?enable", "bring .{0,20}back",
    "re-?activate",
    "start (?:sending |giving |getting )?(?:me )?(?:my |the |daily |morning )*briefings?(?: again)?",
    "(?:i )?(?:want|need|would like) (?:my |the |daily )*briefings? (?:again|back)",
    "(?:turn|switch) (?:back )?on (?:my |the |daily |morning )*briefings?(?: again)?",
    "(?:turn|switch) (?:my |the |daily |morning )*briefings? (?:back )?on(?: again)?", "resend",
    "재개", "다시 ?(?:ㄱㄱ|고고|틀어|보내|시작|켜|받(?:을래|을게|고|아)?|부탁|줘)", "켜", "시작", "재시작",
    "resume",
    "restart", "un-?pause",
    "un-?mute", "reactivate",
    "start (?:sending |my briefings? |the briefings? |briefings? |it |them )*again", "send .{0,25}again",
    "(?:turn|switch) (?:it |them |(?:the |my |your )?briefings? )?(?:back )?on(?: again)?",
    "start (?:sending|my briefings?|the briefings?)",
)  # fmt: skip
RESUME_WORDS = any_of(
    "(?:주셔|줘|와|주어)도 ?(?:돼요?|됩니다|괜찮아요?|좋아요?|좋습니다)",
    "아까", "방금",
    "(?:멈춘|멈췄던|중지한|중지된|중지했던|꺼둔|껐던|꺼진|정지된|정지한|쉬던|쉬었던)(?: ?(?:거|것))?",
    "(?:vacation|holiday|trip|leave)(?:'s| is| has) (?:over|ended)",
    "한 ?번 ?(?:만 ?)?더", "다시 ?한 ?번(?:만)?", "다시금", "요청", "받을(?:래|게)", "again", "you can",
    "go ahead", "daily",
    "now", "once more", "one more time", "오늘", "sending", "giving", "getting", "another", "one",
    "한 ?번(?:만)?",
    "못 ?받았(?:는데|어요?|습니다|네요?)?", "오늘",
    "휴가", "끝(?:났어|났어요|났다|났습니다|남)?", "복귀(?:했어|했어요|했습니다|함)?", "돌아왔어요?",
    "다녀왔어요?", "(?:i am )?back", "from", "vacation", "holidays?", "is over", "work", "다시",
)  # fmt: skip
OBJECTS = any_of(
    "everything", "all", "모두", "전부", "다",
    "연결", "연동", "계정", "account", "connection", "access", "(?<![가-힣])(?:내|제)(?![가-힣])", "나의",
    "저의", "with",
    "from", "이랑", "랑", "하고", "과", "와", "both", "connected", "데이터",
    "your", "services?",
)  # fmt: skip
DISCONNECTS = any_of(
    "(?:연결|연동)(?:을|를)? ?(?:좀 ?)?"
    "(?:끊(?:어|을래|고|자|을게|기)?|해제|해지|취소|삭제|제거|풀어|중지|중단)",
    "(?:연결|연동)(?:을)? ?그만 ?(?:할래|할게|하고|해)(?:요)?",
    "(?:연결|연동)(?:을)? ?(?:더 ?이상 ?)?안 ?할(?:래|게)요?",
    "더 ?이상(?= ?(?:구글|지메일|캘린더|연결|연동))",
    "stop (?:accessing|reading|using) (?:my |the )*(?:google|g ?mail|e?mails?|calendar|inbox)"
    "(?: and (?:my )?(?:calendar|e?mails?))?",
    "끊어", "disconnect", "unlink", "unconnect",
    "(?:revoke|remove|cancel) (?:the |my |your )?(?:google |gmail |calendar )?"
    "(?:access|connection|authorization|permissions?)",
)  # fmt: skip
DELETES = any_of(
    "(?:데이터|정보|기록|계정|자료|개인 ?정보|대화(?: ?(?:기록|내용))?)(?:을|를|들을?)? ?(?:좀 ?)?"
    "(?:모두 ?|전부 ?|싹 ?|다 ?|완전히 ?|영구 ?)*(?:삭제|지워|지우고|없애|제거|파기)",
    "(?:회원 ?)?탈퇴",
    "(?:data|account|information|info|records?) (?:to be )?(?:deleted|erased|removed|wiped)",
    "(?:delete|erase|wipe|remove|clear|purge) "
    "(?:all |of |everything |my |the |about |me |you (?:have|know|stored) |on )*"
    "(?:data|account|information|info|everything|me|records?|conversations?|history|messages with you)",
    "forget (?:all )?(?:of )?(?:my |the )*data", "forget (?:about )?(?:me|everything)(?: about me)?",
)  # fmt: skip
DELETE_WORDS = any_of(
    "내", "제", "나의", "저의", "(?:나|저)에 ?(?:대한|관한)", "대화", "conversations?", "history", "모든",
    "모두", "전부", "싹", "다", "저장된",
    "가지고 ?있는", "개인", "완전히", "all", "everything", "about me",
    "you (?:have|know|stored)(?: (?:about|on))?",
    "(?:have )?(?:stored|saved|kept|collected|gathered|got|recorded)(?: (?:about|on|of))?",
    "permanently", "completely", "data", "stored", "personal",
)  # fmt: skip
CONNECTS = any_of(
    "연결", "연동", "로그인", "인증", "(?:re-?)?connect", "link", "hook up", "sign in", "log ?in",
    "authori[sz]e", "재연결", "set ?up",
)  # fmt: skip
CONNECT_WORDS = any_of(
    "다시", "새로", "링크", "계정", "account", "again", "with", "up", "내", "제", "to you", "하기",
    "시켜", "google", "버튼", "help", "권한(?:을)? ?(?:줄게|드릴게|허용)(?:요)?", "give", "allow",
)  # fmt: skip
# What the briefing is or was, beside what is wanted of it: 멈춰둔 브리핑 재개.
TOLD = compiled(
    "(?:꺼|멈춰|쉬고|켜|(?:일시 ?)?(?:중지|중단|정지)(?:해|시켜|돼|되어)?) ?"
    "(?:둔|놓은|논|놨던|뒀던|놓았던|두었던|놔둔|져 ?있던|진|졌던|졌었[가-힣]*|있던"
    "|놔서|둬서|놨더니)(?: ?(?:거|것))?(?![가-힣 ]*풀)",
    "(?:멈춘|멈췄던|껐던|쉬던|쉬었던|쉬고 ?있던|(?:일시 ?)?(?:중지|중단|정지)(?:한|된|했던|됐던|시킨))"
    "(?: ?(?:거|것))?(?![가-힣 ]*(?:풀|해제))",
)
# Said of one more briefing as well as of all to come.
ONCE_MORE = compiled(
    f"다시 ?(?:(?:좀|(?:{BRIEFING})(?:을|를|은|도)?) ?)*(?:보내|줘|부탁|받|한 ?번)",
    "시작",
    "send .{0,25}again",
    "resend",
)
JUST_ONCE = compiled("한 ?번", "once more", "one more time", "resend", "now")
FROM_NOW_ON = compiled(
    "이제",
    "앞으로",
    "매일",
    "휴가",
    "출장",
    "병가",
    "휴직",
    "여행",
    "복귀",
    "돌아",
    "다녀",
    "갔다",
    "from now on",
    "every",
    "back",
    "daily",
)

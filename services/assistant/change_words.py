"""The words of requests that change something: what says it, and what may stand beside."""

from __future__ import annotations

from services.assistant.phrases import any_of, compiled

SENDING = any_of(
    "보내", "와(?=줘|주)", "오게", "받(?:아|을래|을게|을께|고|게|기)?", "발송", "배달", "전송",
    "send(?:ing)?",
    "deliver(?:y|ing)?", "get", "receive", "dms?",
)  # fmt: skip
EVERY_DAY = any_of(
    "매일(?: ?아침)?", "앞으로(?:는)?", "아침(?:마다)?", "날마다", "every ?day", "every morning", "daily",
    "each (?:day|morning)", "from now on", "morning", "in the", "다시", "원래대로",
)  # fmt: skip
RETIMES = any_of(
    "알림 ?시간",
    "시간", "시각", "바꿔", "바꾸", "변경", "옮겨", "옮기", "맞춰", "맞추", "설정", "조정", "당겨",
    "앞당겨", "미뤄", "늦춰", "수정", "세팅", "말고", "대신", "에서", "change", "move", "set", "switch",
    "make", "reschedule", "push", "shift", "time", "update", "instead(?: of)?", "from", "but",
    "back",
)  # fmt: skip
PAUSES = any_of(
    "쉬어(?:가)?", "쉬자", "쉴게", "쉴래", "쉴께", "쉬고", "쉬게", "쉬겠", "쉬려고", "쉬세요", "쉽니다",
    "쉬도록", "쉬면", "멈춰", "멈추", "일시 ?(?:정지|중지|중단)", "중지", "중단", "정지", "스톱", "스탑",
    "꺼(?!져)", "끄", "건너 ?뛰", "건너 ?뛰어", "그만 ?(?:보내|받|해)", "보내지 ?(?:마|말아|말)",
    "안 ?보내(?:도 ?(?:돼|되))?", "안 ?받", "휴가", "연차", "휴무", "휴직", "pause", "stop", "skip",
    "mute", "snooze", "suspend", "hold(?: off)?(?: on)?",
    "(?:don't|do not) send(?: me)?(?: anything| any)?", "halt", "need a break",
    "(?:turn|switch) (?:it |them |(?:the |my |your )?briefings? )?off",
    "no (?:briefings?|messages|more briefings?)",
    "(?:i am |i will be )?(?:on |taking )?(?:an? )?(?:vacation|holidays?|leave|pto)",
    "i am (?:off|away|out)", "i will be (?:off|away|out)", "(?:out of|away from) (?:the )?office", "ooo",
    "take (?:a|the) (?:break|day off|week off)", "(?:day|week) off",
)  # fmt: skip
PAUSE_WORDS = any_of(
    "(?:갔다|다녀) ?(?:올|오)게요?", "동안", "한동안",
    "(?<![가-힣])(?:나|저)(?=는|도|[ ]|$)", "(?<![가-힣])(?:난|전)(?![가-힣])",
    "잠시", "잠깐", "간다", "가요?", "갑니다", "갈게", "이야", "야", "입니다", "예요", "이에요", "이라",
    "라서", "중", "니까", "이니까", "please", "while", "until further notice", "i am", "i will be",
    "going", "have", "taking", "because",
)  # fmt: skip
RESUMES = any_of(
    "재개", "다시 ?(?:보내|시작|켜|받|부탁|줘)", "켜", "시작", "재시작", "resume", "restart", "un-?pause",
    "un-?mute", "reactivate",
    "start (?:sending |my briefings? |the briefings? |briefings? |it |them )*again", "send .{0,25}again",
    "(?:turn|switch) (?:it |them |(?:the |my |your )?briefings? )?(?:back )?on(?: again)?",
    "start (?:sending|my briefings?|the briefings?)",
)  # fmt: skip
RESUME_WORDS = any_of(
    "못 ?받았(?:는데|어요?|습니다|네요?)?", "오늘",
    "휴가", "끝(?:났어|났어요|났다|났습니다|남)?", "복귀(?:했어|했어요|했습니다|함)?", "돌아왔어요?",
    "다녀왔어요?", "(?:i am )?back", "from", "vacation", "holidays?", "is over", "work", "다시",
)  # fmt: skip
OBJECTS = any_of(
    "everything", "all", "모두", "전부", "다",
    "연결", "연동", "계정", "account", "connection", "access", "내", "제", "나의", "저의", "with", "from",
    "your", "services?",
)  # fmt: skip
DISCONNECTS = any_of(
    "(?:연결|연동)(?:을|를)? ?(?:좀 ?)?"
    "(?:끊(?:어|을래|고|자|을게|기)?|해제|해지|취소|삭제|제거|풀어|중지|중단)",
    "끊어", "disconnect", "unlink", "unconnect",
    "(?:revoke|remove|cancel) (?:the |my |your )?(?:google |gmail |calendar )?"
    "(?:access|connection|authorization|permissions?)",
)  # fmt: skip
DELETES = any_of(
    "(?:데이터|정보|기록|계정|자료|개인 ?정보)(?:을|를|들을?)? ?(?:좀 ?)?"
    "(?:모두 ?|전부 ?|싹 ?|다 ?|완전히 ?|영구 ?)*(?:삭제|지워|지우고|없애|제거|파기)",
    "(?:회원 ?)?탈퇴",
    "(?:delete|erase|wipe|remove|clear|purge) "
    "(?:all |of |everything |my |the |about |me |you (?:have|know|stored) |on )*"
    "(?:data|account|information|info|everything|me|records?)",
    "forget (?:about )?(?:me|everything)(?: about me)?",
)  # fmt: skip
DELETE_WORDS = any_of(
    "내", "제", "나의", "저의", "나에 ?대한", "모든", "모두", "전부", "싹", "다", "저장된",
    "가지고 ?있는", "개인", "완전히", "all", "everything", "about me",
    "you (?:have|know|stored)(?: about| on)?", "permanently", "completely", "data", "stored", "personal",
)  # fmt: skip
CONNECTS = any_of(
    "연결", "연동", "로그인", "인증", "(?:re-?)?connect", "link", "hook up", "sign in", "log ?in",
    "authori[sz]e", "재연결", "set ?up",
)  # fmt: skip
CONNECT_WORDS = any_of(
    "다시", "새로", "링크", "계정", "account", "again", "with", "up", "내", "제", "to you", "하기",
    "시켜", "google", "버튼",
)  # fmt: skip
# Said of one more briefing as well as of all to come.
ONCE_MORE = compiled("다시 ?(?:보내|줘|부탁|받)", "시작", "send .{0,25}again")
FROM_NOW_ON = compiled("이제", "앞으로", "매일", "휴가", "복귀", "from now on", "every", "back", "daily")

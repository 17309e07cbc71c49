"""What somebody wrote who had not seen the rules, and meant, on Friday, the 20th of November 2026, at 10:15.

Each has the kind of request that is right, and the details of which there is only one reading; `or` are kinds
that are right as well. `end` is the day after the last one; senders and words are bare and in lower case.
"""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

NOW = datetime(2026, 11, 20, 10, 15, tzinfo=ZoneInfo("Asia/Seoul"))

Expected = TypedDict(
    "Expected",
    {
        "kind": str,
        "or": NotRequired[list[str]],
        "senders": NotRequired[list[str]],
        "words": NotRequired[list[str]],
        "start": NotRequired[str],
        "end": NotRequired[str],
        "at": NotRequired[str],
        "until": NotRequired[str | None],
    },
)

PHRASINGS: list[tuple[str, Expected]] = [
    ("안녕하세요~ 좋은 아침이에요", {"kind": "greeting"}),
    ("넵 감사합니다 ㅎㅎ", {"kind": "thanks"}),
    ("ㄱㅅㄱㅅ 👍", {"kind": "thanks"}),
    ("근데 너 뭐 할 수 있어?", {"kind": "help"}),
    ("사용법좀 알려주세요", {"kind": "help"}),
    ("아침에 못봤는데 오늘 브리핑 다시 한번 보내주실래요?", {"kind": "briefing"}),
    ("브리핑 ㄱㄱ", {"kind": "briefing"}),
    ("김민수 부장님이 보낸 메일 찾아줘", {"kind": "mail", "senders": ["김민수"]}),
    ("안읽은메일 있나요??", {"kind": "mail"}),
    (
        "지난주에 온 견적서 메일좀 찾아주실래요",
        {"kind": "mail", "words": ["견적서"], "start": "2026-11-09", "end": "2026-11-16"},
    ),
    ("계약서 첨부된거 어딨지.. 메일에서 좀 찾아봐", {"kind": "mail", "words": ["계약서"]}),
    (
        "어제 박지현대리한테서 온 멜",
        {"kind": "mail", "senders": ["박지현"], "start": "2026-11-19", "end": "2026-11-20"},
    ),
    ("제목에 워크샵 들어간 메일 차자줘", {"kind": "mail", "words": ["워크샵"]}),
    ("혹시 세금계산서 메일 왔어?", {"kind": "mail", "words": ["세금계산서"]}),
    ("낼 일정 뭐있음?", {"kind": "calendar", "start": "2026-11-21", "end": "2026-11-22"}),
    ("다음주 화요일에 뭐 있어요?", {"kind": "calendar", "start": "2026-11-24", "end": "2026-11-25"}),
    ("담 회의 몇시야", {"kind": "calendar"}),
    ("이번주 스케쥴 좀 보여주세요", {"kind": "calendar"}),
    ("나 오늘 오후에 회의 있나?", {"kind": "calendar", "start": "2026-11-20", "end": "2026-11-21"}),
    ("브리핑 8시반으로 바꿔주세요", {"kind": "time", "at": "08:30"}),
    ("아침 브리핑 좀만 늦춰주실래요 10시로요", {"kind": "time", "at": "10:00"}),
    # From next week on: to change it now would be wrong for the days before, so it is asked back.
    ("담주부터는 7시 50분에 보내줘 브리핑", {"kind": "time", "at": "07:50", "or": ["unknown"]}),
    ("휴가라서 27일까지 브리핑 보내지 말아주세요 🏖️", {"kind": "pause", "until": "2026-11-27"}),
    ("다음주 수욜까지만 브리핑 쉬자", {"kind": "pause", "until": "2026-11-25"}),
    ("이제 브리핑 안보내줘도 돼", {"kind": "pause", "until": None}),
    ("저 복귀했어요! 브리핑 다시 켜주세요", {"kind": "resume"}),
    ("지금 구글 연결돼있는거 맞죠?", {"kind": "status"}),
    ("지메일 연동하고싶은데요", {"kind": "connect"}),
    ("구글 연결 끊어줘", {"kind": "disconnect"}),
    ("내 데이터 싹다 지워주세요", {"kind": "delete"}),
    ("내일 회의 때 브리핑 시간 바꾸자고 말해줘", {"kind": "unknown"}),
    ("오늘 점심 뭐먹지ㅠㅠ", {"kind": "unknown"}),
    ("이대리한테 내일 좀 늦는다고 메일 하나 보내줘", {"kind": "unknown"}),
    ("브리핑 끄지 마세요!!", {"kind": "unknown", "or": ["help", "status"]}),
    ("브리핑 잠깐 멈추는 것도 되나요?", {"kind": "unknown", "or": ["help", "status"]}),
    ("월요일 3시에 팀장님이랑 미팅 잡아주세요", {"kind": "unknown"}),
    ("hey 👋", {"kind": "greeting"}),
    ("thx!!", {"kind": "thanks"}),
    ("briefing pls", {"kind": "briefing"}),
    ("can u send me todays breifing again", {"kind": "briefing"}),
    ("any unread emails from Sarah?", {"kind": "mail", "senders": ["sarah"]}),
    ("find the email with Q4 budget in the subject", {"kind": "mail", "words": ["q4", "budget"]}),
    ("emails w/ attachments from last week", {"kind": "mail", "start": "2026-11-09", "end": "2026-11-16"}),
    (
        "did i get a mail about the offsite yesterday",
        {"kind": "mail", "words": ["offsite"], "start": "2026-11-19", "end": "2026-11-20"},
    ),
    ("whats on my calender tmrw", {"kind": "calendar", "start": "2026-11-21", "end": "2026-11-22"}),
    ("anything next tuesday?", {"kind": "calendar", "start": "2026-11-24", "end": "2026-11-25"}),
    ("when's my next meeting", {"kind": "calendar"}),
    ("Could you move my daily briefing to 8:30am please?", {"kind": "time", "at": "08:30"}),
    ("i'd rather get the briefing at 7 instead of 9", {"kind": "time", "at": "07:00"}),
    ("on vacation, no briefings through Nov 27 pls", {"kind": "pause", "until": "2026-11-27"}),
    ("stop sending me the daily briefing", {"kind": "pause", "until": None}),
    ("turn my briefing back on please", {"kind": "resume"}),
    ("is my gmail still connected?", {"kind": "status"}),
    ("conect my google calendar", {"kind": "connect"}),
    ("unlink my google account", {"kind": "disconnect"}),
    ("how do I delete my data?", {"kind": "delete", "or": ["help", "unknown"]}),
    ("don't pause my briefing", {"kind": "unknown", "or": ["help", "status"]}),
    ("reply to Sarah and tell her I'll be 10 min late", {"kind": "unknown"}),
    ('Jun said to type "stop the briefing", what does that do?', {"kind": "unknown", "or": ["help"]}),
    ("lol what a week", {"kind": "unknown"}),
]

# Somebody else's, with reasons and remarks in their own words.
MORE_PHRASINGS: list[tuple[str, Expected]] = [
    ("안녕하세요~ 오늘 처음 써봅니다 ㅎㅎ", {"kind": "greeting", "or": ["help"]}),
    ("구글 연동 끊지는 마세요, 그냥 물어본 거예요", {"kind": "unknown", "or": ["help", "status"]}),
    ("앗 찾았다 ㄱㅅㄱㅅ", {"kind": "thanks"}),
    ("덕분에 회의 안 늦었네요, 고맙습니다 🙇", {"kind": "thanks"}),
    ("근데 너 정확히 뭐뭐 할 줄 알아?", {"kind": "help"}),
    ("사용법좀요", {"kind": "help"}),
    ("아침에 온 브리핑 실수로 지웠는데 다시 한 번 보여주실 수 있을까요?", {"kind": "briefing"}),
    ("지금브리핑ㄱㄱ", {"kind": "briefing"}),
    ("김도현 부장님이 보내신 메일 좀 찾아줘요", {"kind": "mail"}),
    ("어제 온 메일 중에 견적서 첨부된거 있나?", {"kind": "mail", "start": "2026-11-19", "end": "2026-11-20"}),
    ("안읽은 멜 몇 개나 쌓였는지 봐줄래", {"kind": "mail"}),
    ("제목에 '계약 갱신' 들어간 메일이요. 법무팀에서 급하대서 ㅠ", {"kind": "mail"}),
    (
        "지난주에 인사팀에서 연말정산 안내메일 왔었던 것 같은데 못찾겠네요",
        {"kind": "mail", "or": ["unknown"], "start": "2026-11-09", "end": "2026-11-16"},
    ),
    ("이번달 들어 쿠팡에서 온 영수증메일 다", {"kind": "mail", "start": "2026-11-01"}),
    ("저 오늘 오후에 뭐 있었죠?", {"kind": "calendar", "start": "2026-11-20", "end": "2026-11-21"}),
    ("담주 화욜 스케쥴 좀", {"kind": "calendar", "start": "2026-11-24", "end": "2026-11-25"}),
    ("다음 회의 몇시야 지금 커피사러 나가도 됨?", {"kind": "calendar"}),
    ("낼 일정잇어?", {"kind": "calendar", "start": "2026-11-21", "end": "2026-11-22"}),
    (
        "다음 주에 휴가 쓸까 하는데 그 주에 잡힌 일정 있는지 확인 부탁드립니다.",
        {"kind": "calendar", "start": "2026-11-23", "end": "2026-11-30"},
    ),
    (
        "12월 3일 비어있나요",
        {"kind": "calendar", "or": ["unknown"], "start": "2026-12-03", "end": "2026-12-04"},
    ),
    ("브리핑 8시 반으로 땡겨주세요 출근이 빨라져서요", {"kind": "time", "at": "08:30"}),
    ("브리핑 지금 몇시에 오는걸로 돼있어요?", {"kind": "status", "or": ["help", "unknown"]}),
    (
        "9시엔 스크럼이라 브리핑을 못 봐요.. 20분만 일찍 주실 수 있나요",
        {"kind": "time", "or": ["unknown"], "at": "08:40"},
    ),
    ("다음주 내내 출장이라 브리핑은 27일까지 안 보내주셔도 됩니다", {"kind": "pause", "until": "2026-11-27"}),
    ("브리핑 당분간꺼줘", {"kind": "pause", "or": ["unknown"], "until": None}),
    ("이제 매일 아침 오는 브리핑 그만 받고 싶습니다", {"kind": "pause", "until": None}),
    ("휴가 끝! 브리핑 다시 보내주셔요 😭", {"kind": "resume"}),
    ("제 구글 연동 제대로 되어있는 거 맞나요?", {"kind": "status"}),
    ("지메일 연결하려면 어디 눌러야돼요?", {"kind": "connect", "or": ["help"]}),
    ("구글 연동 해제해주세요. 곧 퇴사라서요", {"kind": "disconnect"}),
    ("혹시 제 데이터 다 지우면 복구 안되나요", {"kind": "delete", "or": ["unknown", "help"]}),
    (
        "민지님이 브리핑 꺼달라고 했다던데 저는 계속 받을게요",
        {"kind": "unknown", "or": ["resume", "help", "status"]},
    ),
    (
        "브리핑 시간 바꾸지 말고 그냥 9시로 두세요",
        {"kind": "unknown", "or": ["time", "status", "help"], "at": "09:00"},
    ),
    ("박과장님한테 자료 내일까지 드린다고 메일 하나 보내줘", {"kind": "unknown"}),
    ("월요일 3시에 팀회의 잡아주세요", {"kind": "unknown"}),
    ("점심 뭐 먹지…", {"kind": "unknown"}),
    ("hey hey 👋", {"kind": "greeting"}),
    ("cheers mate, that's the one", {"kind": "thanks"}),
    ("so what are you actually good for lol", {"kind": "help", "or": ["unknown"]}),
    ("can i get the briefing now pls, boarding a flight at 11", {"kind": "briefing"}),
    ("Catch me up on today", {"kind": "briefing", "or": ["calendar", "unknown"]}),
    ("any unread emails from Sarah since Monday?", {"kind": "mail", "start": "2026-11-16"}),
    (
        "need the pdf HR sent about insurance, it was attached to some email in October",
        {"kind": "mail", "start": "2026-10-01", "end": "2026-11-01"},
    ),
    ("Did legal ever email me back re: NDA?", {"kind": "mail"}),
    (
        "Am I free next Tuesday? Dentist wants to move me",
        {"kind": "calendar", "start": "2026-11-24", "end": "2026-11-25"},
    ),
    ("anything left on my calender this week or can I call it", {"kind": "calendar", "end": "2026-11-23"}),
    (
        "Could you move my daily briefing to 7:45? I catch the early train now.",
        {"kind": "time", "at": "07:45"},
    ),
    ("Pause the briefings for a week, I'm on PTO 🏖️", {"kind": "pause"}),
    ("pls stop the morning briefing for good, too noisy", {"kind": "pause", "until": None}),
    ("I'm off through Nov 30 so hold my briefings till then", {"kind": "pause", "until": "2026-11-30"}),
    ("ok I'm back, turn the daily briefing back on", {"kind": "resume"}),
    ("is my gmail still hooked up? haven't seen anything from you in days", {"kind": "status"}),
    ("hook up my google calendar", {"kind": "connect"}),
    ("How do I unlink my Google account?", {"kind": "disconnect", "or": ["help"]}),
    ("Wipe everything you've stored about me.", {"kind": "delete"}),
    (
        'Tom said "just disconnect google and reconnect, it\'ll be fine" - is he right?',
        {"kind": "unknown", "or": ["disconnect", "connect", "status", "help"]},
    ),
    ("If I pause the briefing, do I miss the old ones?", {"kind": "unknown", "or": ["help"]}),
    ("decline the 4pm for me", {"kind": "unknown"}),
    ("forward Jin's last email to finance", {"kind": "unknown"}),
    ("ugh, fridays", {"kind": "unknown"}),
]

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

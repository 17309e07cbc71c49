"""What a mail says first, and whether it asks: as people write in Korean and English."""

from __future__ import annotations

import pytest

from services.briefing.reading import GIST_LIMIT, asks_something, gist

GISTS = [
    ("안녕하세요, 김민수입니다.\n견적서를 보내 드립니다.", "견적서를 보내 드립니다."),
    (
        "안녕하세요. 파트너사 이영희입니다. 계약서 초안입니다. 확인해 주세요.",
        "계약서 초안입니다. 확인해 주세요.",
    ),
    ("안녕하세요!\n파트너사 이영희 과장입니다.\n계약서 초안입니다.", "계약서 초안입니다."),
    (
        "안녕하세요. 내일 회의는 취소입니다. 다음 주에 뵙겠습니다.",
        "내일 회의는 취소입니다. 다음 주에 뵙겠습니다.",
    ),
    ("김민수 과장님,\n\n안녕하십니까?\n회의실을 옮겼습니다.", "회의실을 옮겼습니다."),
    ("민수님, 안녕하세요. 초안을 보냅니다.", "초안을 보냅니다."),
    ("민수님, 배포가 끝났습니다.", "배포가 끝났습니다."),
    ("고객님 댁으로 보냅니다.", "고객님 댁으로 보냅니다."),
    ("Hi Minsu,\n\nThe invoice is attached.", "The invoice is attached."),
    ("Dear Mr. Kim,\nWe regret to say no.", "We regret to say no."),
    ("Hello!\nDone.", "Done."),
    ("Good morning team,\nthe server is back", "The server is back"),
    ("Hey the server is down, please help", "Hey the server is down, please help"),
    ("Hello world is the name of our release.", "Hello world is the name of our release."),
    ("안녕하세요!", "안녕하세요!"),
    ("Hi,", "Hi,"),
    ("", ""),
    ("둘째 줄까지\n이어집니다", "둘째 줄까지 이어집니다"),
    ("See https://www.docs.example.com/d/abc?x=1#y for it", "See docs.example.com for it"),
    ("https://user:secret@evil.example/x", "evil.example"),
    ("이영희입니다. 둘째 문장입니다.", "이영희입니다. 둘째 문장입니다."),
]


@pytest.mark.parametrize(("text", "expected"), GISTS)
def test_the_gist_is_what_is_said_after_the_salutation(text: str, expected: str) -> None:
    assert gist(text, writer="이영희 (파트너사)") == expected


@pytest.mark.parametrize("writer", ["", "(", "김", ".*", "이영희"])
def test_no_name_disturbs_the_gist(writer: str) -> None:
    assert (
        gist("안녕하세요. 계약서 초안입니다. 확인해 주세요.", writer=writer)
        == "계약서 초안입니다. 확인해 주세요."
    )


def test_the_gist_is_short_however_long_the_text() -> None:
    assert len(gist("가" * 100_000)) == GIST_LIMIT


@pytest.mark.parametrize(
    "text",
    [
        "가능할까요",
        "내일 시간 되시나요?",
        "검토 부탁드립니다.",
        "오늘까지 회신 바랍니다.",
        "확인 후 알려 주세요",
        "결재 요청드립니다",
        "자료를 보내주시면 감사하겠습니다.",
        "명일 오전까지 승인 부탁 드립니다",
        "어느 쪽이 좋을지요",
        "오늘까지 답변이 없으면 취소하겠습니다.",
        "회신 기다리겠습니다.",
        "요청 사항을 오늘까지 회신 부탁드립니다.",
        "시간 있으면 연락 주세요.",
        "Could you send me the file",
        "Please confirm by Friday.",
        "Let me know what you think.",
        "Is 3 pm fine?",
        "元気ですか？",
    ],
)
def test_a_question_or_request_asks(text: str) -> None:
    assert asks_something(text)


@pytest.mark.parametrize(
    "text",
    [
        "확인했습니다. 감사합니다.",
        "앞으로도 잘 부탁드립니다.",
        "공유드립니다.",
        "첨부 파일을 확인해 주시기 바랍니다.",
        "첨부 파일을 확인해 주시고, 수정할 사항이 있으시면 회신 부탁드립니다.",
        "배치도를 첨부하니 확인 부탁드립니다.",
        "수정할 사항이 있으시면 알려 주세요.",
        "궁금한 점이 있으면 언제든 연락 주세요.",
        "See https://example.com/?q=1 for the minutes.",
        "Thanks, all good.",
        "Let me know if you have any questions.",
        "Please let me know if there are any problems.",
        "Feel free to get back to me!",
        "",
    ],
)
def test_a_statement_or_pleasantry_does_not(text: str) -> None:
    assert not asks_something(text)

"""What lies in the mailboxes of those who write Korean."""

from __future__ import annotations

from sandbox.cast.letters import Letter, address
from sandbox.world import Person


def korean_mail(person: Person) -> list[Letter]:
    """One person's mail, in no order."""
    me = address(person)
    return [
        Letter(
            "welcome",
            ("송재현", "jh.song@haedong.example"),
            (me,),
            "견적서 검토 부탁드립니다",
            "안녕하세요.\n\n첨부드린 견적서 검토 부탁드립니다. 목요일까지 회신 가능하실까요?\n\n송재현 드림",
            2,
        ),
    ]

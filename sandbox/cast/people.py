"""The dozen people of the sandbox: a small company, seven of them and more write Korean.

Names are invented, addresses are on domains reserved for examples.
"""

from __future__ import annotations

from sandbox.world import Person

SEOUL = "Asia/Seoul"
COMPANY = "narae.example"
MAIL = "mail.example"


def _korean(key: str, name: str, title: str) -> Person:
    slack_id = f"U0{key.upper()[:8]:0<8}"
    return Person(key, name, f"{key}@{MAIL}", slack_id, f"{key}@{MAIL}", "ko", SEOUL, title)


def _english(key: str, name: str, title: str, timezone: str) -> Person:
    slack_id = f"U0{key.upper()[:8]:0<8}"
    return Person(key, name, f"{key}@{MAIL}", slack_id, f"{key}@{MAIL}", "en", timezone, title)


SEOYEON = _korean("seoyeon", "김서연", "사업개발")
MINJUN = _korean("minjun", "박민준", "백엔드 개발")
JIWOO = _korean("jiwoo", "이지우", "디자인")
HAYUN = _korean("hayun", "최하윤", "고객지원")
DOYUN = _korean("doyun", "정도윤", "재무")
# No Slack account.
YERIN = Person("yerin", "한예린", f"yerin@{MAIL}", "", "", "ko", SEOUL, "인사")
# Slack knows another address than Google.
TAEHO = Person("taeho", "윤태호", f"taeho.yoon@{MAIL}", "U0TAEHO000", f"taeho@{COMPANY}", "ko", SEOUL, "영업")
# A Google Workspace account.
SUJIN = Person(
    "sujin", "오수진", f"sujin@{COMPANY}", "U0SUJIN000", f"sujin@{COMPANY}", "ko", SEOUL, "대표", COMPANY
)
EMMA = _english("emma", "Emma Clarke", "Product", "Europe/London")
DANIEL = _english("daniel", "Daniel Reyes", "Engineering", "America/New_York")
PRIYA = _english("priya", "Priya Nair", "Marketing", "Asia/Singapore")
OLIVER = _english("oliver", "Oliver Grant", "Sales", "America/Los_Angeles")

CAST = (
    SEOYEON,
    MINJUN,
    JIWOO,
    HAYUN,
    DOYUN,
    YERIN,
    TAEHO,
    SUJIN,
    EMMA,
    DANIEL,
    PRIYA,
    OLIVER,
)

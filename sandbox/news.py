"""News feeds on loopback, dated relative to now: `/feeds/{name}.xml`, with ETag and Last-Modified.

Two Korean ones (UTF-8 and euc-kr), one English, one Atom, one that is not well-formed and one far too long.
The stories are invented, their links lead to reserved domains.
"""

from __future__ import annotations

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial
from http import HTTPStatus
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sandbox.slack.templates import SECURITY_HEADERS, render
from sandbox.world import World

ATOM = "http://www.w3.org/2005/Atom"
HUGE_ITEMS = 40_000
ET.register_namespace("", ATOM)


class Story(NamedTuple):
    """`hours` ago, at most a day and a half; `path` is its place on the feed's site."""

    hours: int
    path: str
    title: str
    summary: str


KOREAN = (
    Story(
        1,
        "economy/1021",
        "코스피 사흘째 상승…반도체·조선주가 이끌어",
        "외국인이 2,100억 원어치를 순매수했다.",
    ),
    Story(
        2,
        "society/1018",
        "내일 아침 기온 뚝…수도권 올가을 첫 한파주의보",
        "출근길 빙판을 조심해야 한다고 기상청이 밝혔다.",
    ),
    Story(
        4,
        "policy/1013",
        "정부, 소상공인 전자세금계산서 의무 발급 기준 낮춘다",
        "내년 7월부터 연 매출 5천만 원 이상이 대상이다.",
    ),
    Story(
        7,
        "tech/1009",
        "국내 클라우드 3사, 공공 데이터센터 공동 구축 나서",
        "세 회사는 2028년까지 1조 2천억 원을 함께 투자한다.",
    ),
    Story(
        11,
        "culture/1002",
        "천년 만에 다시 울린 종…복원된 산사 범종 공개",
        "열두 해에 걸친 복원 끝에 첫 타종식이 열렸다.",
    ),
    Story(
        20,
        "sports/0987",
        "여자 컬링 대표팀, 유럽 강호 꺾고 4강 진출",
        "마지막 엔드에서 두 점을 얻어 승부를 뒤집었다.",
    ),
    Story(
        34,
        "world/0961",
        "유럽연합, 배터리 여권 시행 반년 미루기로",
        "업계는 준비할 시간을 벌었다며 반겼다.",
    ),
)
BUSINESS = (
    Story(1, "biz/551", "환율 1,380원대로 내려…수출기업 “한숨 돌렸다”", "달러 약세가 이어지고 있다."),
    Story(5, "biz/547", "물류센터 자동화 경쟁 불붙어…중소 설비업체 수주 늘어", "올해 수주액이 40% 늘었다."),
    Story(9, "biz/540", "공정위, 온라인 플랫폼 ‘끼워팔기’ 제재 착수", "심의는 다음 달에 열린다."),
)
TECH = (
    Story(
        1,
        "databases/vacuum",
        "A database vacuum that no longer stops the world",
        "The next release splits the work so that long readers do not hold it back.",
    ),
    Story(
        3,
        "security/passkeys",
        "Passkeys reach one in three sign-ins, survey finds",
        "Support desks report half as many password resets.",
    ),
    Story(
        6,
        "hardware/laptops",
        "Repairable laptops outsell sealed ones for the first time",
        "Spare batteries & screens are now stocked by most shops.",
    ),
    Story(
        13,
        "languages/types",
        "Why <T> is harder than it looks: ten years of generics",
        "A look back at what worked, and what had to be undone.",
    ),
    Story(
        26,
        "mail/spam",
        "Mail providers agree on one way to unsubscribe",
        "Senders have until spring to add the header.",
    ),
)
ENGINEERING = (
    Story(
        2,
        "2026/queues",
        "What we learned from losing one job in a million",
        "Count what goes in, count what comes out, and compare.",
    ),
    Story(
        9,
        "2026/timezones",
        "Nine in the morning is not a number",
        "Store the rule and the place, and work out the moment as late as you can.",
    ),
    Story(30, "2026/logs", "Logs that people read", "Fewer lines, whole sentences, one identifier."),
)


class Feed(NamedTuple):
    """A channel of stories: `encode` turns it into what is sent."""

    title: str
    site: str
    language: str
    stories: Sequence[Story]
    encode: Callable[[Feed, datetime], bytes]


def rss(feed: Feed, now: datetime, encoding: str = "utf-8") -> bytes:
    """RSS 2.0."""
    root = ET.Element("rss", version="2.0")
    channel = ET.SubElement(root, "channel")
    _texts(channel, title=feed.title, link=feed.site, description=feed.title, language=feed.language)
    for story in feed.stories:
        item, link = ET.SubElement(channel, "item"), feed.site + story.path
        date = format_datetime(now - timedelta(hours=story.hours))
        _texts(item, title=story.title, link=link, guid=link, pubDate=date, description=story.summary)
    return bytes(ET.tostring(root, encoding=encoding, xml_declaration=True))


def atom(feed: Feed, now: datetime) -> bytes:
    """Atom 1.0."""
    root = ET.Element(f"{{{ATOM}}}feed")
    _texts(root, ATOM, title=feed.title, id=feed.site, updated=now.isoformat())
    for story in feed.stories:
        entry, link = ET.SubElement(root, f"{{{ATOM}}}entry"), feed.site + story.path
        updated = (now - timedelta(hours=story.hours)).isoformat()
        _texts(entry, ATOM, title=story.title, id=link, updated=updated, summary=story.summary)
        ET.SubElement(entry, f"{{{ATOM}}}link", href=link)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def broken(feed: Feed, now: datetime) -> bytes:
    """Not well-formed: a bare ampersand, an entity nobody declared, and an end that never comes."""
    whole = rss(feed, now).decode()
    return whole.replace("&amp;", "&").replace("</title>", "&nbsp;</title>")[:-40].encode()


def _texts(parent: ET.Element, namespace: str = "", /, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name).text = text


FEEDS = {
    "korea": Feed("한빛일보", "https://daily.hanbit.example/", "ko", KOREAN, rss),
    "euckr": Feed("한빛경제", "https://biz.hanbit.example/", "ko", BUSINESS, partial(rss, encoding="euc-kr")),
    "tech": Feed("Harbor Tech", "https://tech.harbor.example/", "en", TECH, rss),
    "atom": Feed("Harbor Engineering", "https://eng.harbor.example/", "en", ENGINEERING, atom),
    "broken": Feed("Torn Pages", "https://torn.harbor.example/", "en", TECH, broken),
}
HUGE = "huge"


def routes(world: World) -> list[BaseRoute]:
    """The feeds and a page that lists them."""
    return [
        Route("/feeds/", index),
        Route("/feeds/{name}.xml", partial(serve_feed, world)),
    ]


async def index(request: Request) -> Response:
    """Every feed by name."""
    return HTMLResponse(render("feeds.html", feeds=FEEDS, huge=HUGE), headers=SECURITY_HEADERS)


async def serve_feed(world: World, request: Request) -> Response:
    """One feed, or 304 where the reader has it already. Its dates move on with each full hour."""
    name, now = request.path_params["name"], world.now().replace(minute=0, second=0, microsecond=0)
    if name == HUGE:
        return StreamingResponse(_huge(now), media_type="application/rss+xml")
    if name not in FEEDS:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    feed = FEEDS[name]
    body, changed = feed.encode(feed, now), now - timedelta(hours=feed.stories[0].hours)
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers = {"ETag": etag, "Last-Modified": format_datetime(changed.astimezone(UTC), usegmt=True)}
    if _has_it(request, etag, changed):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    media_type = "application/atom+xml" if feed.encode is atom else "application/rss+xml"
    return Response(body, headers=headers | {"Content-Type": media_type})


def _has_it(request: Request, etag: str, changed: datetime) -> bool:
    """Whether the validators that came with the request still hold; ETag goes first (RFC 9110)."""
    if known := request.headers.get("if-none-match"):
        return known.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]
    try:
        return changed <= parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, TypeError):
        return False


def _huge(now: datetime) -> Iterator[bytes]:
    """About ten megabytes, a piece at a time."""
    yield b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Endless</title>'
    for start in range(0, HUGE_ITEMS, 1000):
        yield "".join(_filler(number, now) for number in range(start, start + 1000)).encode()
    yield b"</channel></rss>"


def _filler(number: int, now: datetime) -> str:
    date = format_datetime(now - timedelta(seconds=number))
    return (
        f"<item><title>Story {number}</title><link>https://endless.harbor.example/{number}</link>"
        f"<pubDate>{date}</pubDate><description>{'and so on ' * 10}</description></item>"
    )

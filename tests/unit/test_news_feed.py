"""Bytes of feeds to headlines, whoever wrote them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import feedparser
import pytest

from services.errors import SourceUnavailable
from services.sources.news.feed import ITEM_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT, read_feed
from services.sources.records import NewsItem

URL = "https://feeds.example/news/rss.xml"


def read(body: str | bytes, content_type: str = "application/xml", url: str = URL) -> tuple[NewsItem, ...]:
    return read_feed(body.encode() if isinstance(body, str) else body, content_type=content_type, url=url)


def rss(*items: str, title: str = "Example News", declaration: str = '<?xml version="1.0"?>') -> str:
    joined = "".join(f"<item>{item}</item>" for item in items)
    return f'{declaration}<rss version="2.0"><channel><title>{title}</title>{joined}</channel></rss>'


RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Old News</title></channel>
<item><title>RDF lives</title><link>https://old.example/1</link><dc:date>2026-11-20T21:00:00+09:00</dc:date></item>
</rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Tech &amp;amp; more</title>
<entry><title type="html">A &lt;b&gt;bold&lt;/b&gt; &amp;lt;move&amp;gt;</title>
<link rel="self" href="https://tech.example/1.atom"/><link rel="alternate" href="/1"/>
<updated>2026-11-20T12:00:00Z</updated>
<summary type="html">&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;</summary>
</entry></feed>"""


def test_rss_item_becomes_a_headline() -> None:
    assert read(
        rss(
            "<title>Rates stay</title><link>https://news.example/1</link>"
            "<pubDate>Fri, 20 Nov 2026 21:00:00 +0900</pubDate><description>The bank waits.</description>"
        )
    ) == (
        NewsItem(
            "Rates stay",
            "https://news.example/1",
            "Example News",
            datetime(2026, 11, 20, 12, tzinfo=UTC),
            "The bank waits.",
        ),
    )


def test_rss_1_and_atom_are_read_alike() -> None:
    (old,) = read(RDF)
    assert (old.title, old.link, old.feed) == ("RDF lives", "https://old.example/1", "Old News")
    assert old.published == datetime(2026, 11, 20, 12, tzinfo=UTC)
    (entry,) = read(ATOM)
    assert (entry.title, entry.summary, entry.feed) == ("A bold <move>", "One. Two.", "Tech & more")
    assert entry.link == "https://feeds.example/1"
    assert entry.published == datetime(2026, 11, 20, 12, tzinfo=UTC)


KOREAN = "똠방각하, 펲시콜라를 마시다"  # syllables that EUC-KR lacks and cp949, which everybody uses, has


@pytest.mark.parametrize(
    ("declared", "content_type", "codec"),
    [
        ("euc-kr", "text/xml", "cp949"),
        ("EUC-KR", "application/xml; charset=euc-kr", "cp949"),
        ("ks_c_5601-1987", "text/xml; charset=utf-8", "cp949"),
        ("utf-8", "application/rss+xml", "cp949"),
        ("", "text/xml; charset=euc-kr", "cp949"),
        ("", "", "cp949"),
        ("euc-kr", "text/xml; charset=euc-kr", "utf-8"),
        ("utf-8", "text/xml", "utf-8"),
        ("utf-8", "text/xml", "utf-8-sig"),
        ("", "text/plain", "utf-8"),
        ("utf-16", "text/xml", "utf-16"),
    ],
)
def test_korean_is_read_whatever_feed_and_server_declare(
    declared: str, content_type: str, codec: str
) -> None:
    encoding = f" encoding='{declared}'" if declared else ""
    document = rss(
        f"<title>{KOREAN}</title><description>정부가 새 대책을 내놓았다.</description>",
        title="한국 뉴스",
        declaration=f'<?xml version="1.0"{encoding}?>',
    )
    (item,) = read(document.encode(codec), content_type)
    assert (item.title, item.feed) == (KOREAN, "한국 뉴스")


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("AT&amp;T and &lt;3 C++", "AT&T and <3 C++"),
        ("<![CDATA[Tom & <b>Jerry</b>]]>", "Tom & Jerry"),
        ("Q&amp;amp;A", "Q&A"),
        (
            "&lt;p&gt;&lt;script&gt;alert(1)&lt;/script&gt;Safe&lt;/p&gt;",
            "<p><script>alert(1)</script>Safe</p>",
        ),
        ("  two\n\tlines  ", "two lines"),
        ("ab\u202egnp.exe\u200b\x07", "abgnp.exe"),
        ("Fun &#xD83D;&#xDE00;&#0;&#1114112;&#x1F600;!", "Fun 😀!"),
        ("코스피 3000 &#8216;돌파&#8217;", "코스피 3000 ‘돌파’"),
    ],
)
def test_titles_are_one_line_of_visible_text(title: str, shown: str) -> None:
    (item,) = read(rss(f"<title>{title}</title>"))
    assert item.title == shown


def test_texts_are_bounded() -> None:
    (item,) = read(
        rss(f"<title>{'가' * 9_000}</title><description>{'말 ' * 9_000}</description>", title="x" * 999)
    )
    assert len(item.title) == TITLE_LIMIT
    assert len(item.summary) <= SUMMARY_LIMIT
    assert len(item.feed) == 80


def test_item_without_a_title_shows_its_text_and_without_both_nothing() -> None:
    items = read(rss("<description>&lt;p&gt;Just a note&lt;/p&gt;</description>", "<title>\u200b</title>"))
    assert [item.title for item in items] == ["Just a note"]


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://news.example/a?b=c&amp;d=e#f", "https://news.example/a?b=c&d=e#f"),
        ("http://뉴스.example/기사", "http://뉴스.example/기사"),
        ("/story/2", "https://feeds.example/story/2"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("file:///etc/passwd", ""),
        ("http://[broken/", ""),
        ("https://news.example/a b", ""),
        ("https://news.example/\u202egpj", ""),
        ("https://news.example/" + "x" * 3_000, ""),
    ],
)
def test_links_lead_to_the_web_or_nowhere(link: str, kept: str) -> None:
    (item,) = read(rss(f"<title>t</title><link>{link}</link>"))
    assert item.link == kept


@pytest.mark.parametrize(
    ("date", "published"),
    [
        ("Fri, 20 Nov 2026 12:00:00 GMT", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 21:00:00 +0900", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2026-11-20T21:00:00+09:00", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("2026-11-20 12:00:00", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
        ("Fri, 99 Nov 999999 12:00:00 GMT", None),
    ],
)
def test_dates_are_aware_or_none(date: str, published: datetime | None) -> None:
    (item,) = read(rss(f"<title>t</title><pubDate>{date}</pubDate>"))
    assert item.published == published


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("</channel></rss>", ""),
        lambda text: text.replace("<title>one", "<title>one & only &nbsp;"),
        lambda text: text.replace("<title>one", "<title>one \x0b\x00"),
        lambda text: "\n\n  " + text,
        lambda text: text.replace("<item>", "<item><b>", 1),
        lambda text: text.replace("</item>", "</itm></item>", 1),
    ],
)
def test_broken_feed_is_read_as_far_as_it_goes(damage: object) -> None:
    assert callable(damage)
    items = read(damage(rss("<title>one</title>", "<title>two</title>")))
    assert [item.title.split()[0] for item in items] == ["one", "two"]


def test_long_feed_is_read_from_its_beginning_and_stays_well_formed() -> None:
    """So that it goes the fast and exact way: feedparser reads what is not well-formed by guessing."""
    item = "<title>{} &amp;#169; x</title><description>" + "&lt;p&gt;words&lt;/p&gt;" * 20 + "</description>"
    items = read(rss(*(item.format(number) for number in range(3_000))))
    assert [item.title for item in items] == [f"{number} © x" for number in range(ITEM_LIMIT)]


def test_heavy_items_leave_room_for_fewer() -> None:
    items = read(rss(*(f"<title>{number}</title><x>{'<y/>' * 1_000}</x>" for number in range(20))))
    assert [item.title for item in items] == [str(number) for number in range(7)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"not found",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00",
        b"<!doctype html><html><head><title>Sign in</title></head><body><p>Hello</p></body></html>",
        b'{"error": "no such feed"}',
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_other_answers_are_no_feeds(body: bytes) -> None:
    with pytest.raises(SourceUnavailable) as raised:
        read(body)
    assert raised.value.code == "not_a_feed"


def test_feed_without_items_is_a_feed() -> None:
    assert read(rss()) == ()


LAUGHS = "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
TWO_MB = 2_000_000
MANY_ATTRIBUTES = " ".join(f"a{number}=''" for number in range(500))


@pytest.mark.parametrize(
    "body",
    [
        rss("<title>&j;</title>", declaration=f"<!DOCTYPE r [<!ENTITY a 'ha'>{LAUGHS}]>"),
        rss(
            "<title>" + "&a;" * 1_000 + "</title>",
            declaration=f'<!DOCTYPE r [<!ENTITY a "{"x" * 200_000}">]>',
        ),
        rss("<title>&a;</title>", declaration='<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        rss("<title>&a;</title>", declaration="<!DOCTYPE r [<!ENTITY a 'b'>]>").encode("utf-16"),
        rss("<a>" * (TWO_MB // 3)),
        rss("<x " + " ".join(f"a{n}=''" for n in range(TWO_MB // 10)) + "/>"),
        rss("<title>" + "<" * TWO_MB),
        rss("<title>" + "&a" * (TWO_MB // 2)),
        "<html>" + "<div><p>hello <a href='x'>link</a>" * (TWO_MB // 34),
    ],
    ids=["laughs", "quadratic", "external", "utf16", "deep", "attributes", "brackets", "ampersands", "html"],
)
def test_hostile_documents_are_refused_quickly(body: str | bytes) -> None:
    begun = time.process_time()
    with pytest.raises(SourceUnavailable) as raised:
        read(body)
    assert raised.value.code == "not_a_feed"
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "items",
    [
        "<item><title>kept</title></item><item>" + "<a>" * 7_000,
        "<item><title>kept</title></item><item>" + "<a>" * TWO_MB,
        "<item><title>kept</title></item>" + "<item/>" * (TWO_MB // 7),
        "<item><title>kept</title><b>" + "<div>&nbsp;" * 7_000 + "</item>",
        "<item><title>kept</title></item>" + ("<item>" + ("<x " + MANY_ATTRIBUTES + "/>") * 90 + "</item>"),
    ],
    ids=["deep", "too deep", "many", "broken", "attributes"],
)
def test_hostile_items_cost_little(items: str) -> None:
    begun = time.process_time()
    titles = [item.title for item in read(rss().replace("</channel>", items + "</channel>"))]
    assert titles[:1] == ["kept"]
    assert time.process_time() - begun < 5


def test_whatever_the_parser_raises_is_the_feeds_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(feedparser, "parse", fail)
    with pytest.raises(SourceUnavailable, match="RecursionError"):
        read(rss())

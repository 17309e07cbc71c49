"""mrkdwn as Slack draws it, and nothing that HTML could make of it."""

from __future__ import annotations

import html.parser
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.mrkdwn import Reader, mrkdwn_html, plain_html

NOW = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
MINA = Reader(NOW, "ko", "Asia/Seoul", {"U0MINA": "윤미나"})
OSCAR = Reader(NOW, "en", "Europe/London", {"U0MINA": "윤미나"})


def anchor(url: str, label: str) -> str:
    return f'<a href="{url}" target="_blank" rel="noopener noreferrer">{label}</a>'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("*bold* _italic_ ~gone~", "<b>bold</b> <i>italic</i> <s>gone</s>"),
        ("*_both_*", "<b><i>both</i></b>"),
        ("*안녕*, 반갑습니다", "<b>안녕</b>, 반갑습니다"),
        ("*안녕*하세요", "*안녕*하세요"),
        ("snake_case_name 2*3*4", "snake_case_name 2*3*4"),
        ("* not bold * and *open", "* not bold * and *open"),
        ("*one\ntwo*", "*one<br>two*"),
        ("*a _b* c_", "<b>a _b</b> c_"),
        ("`*code*` `a &lt; b`", "<code>*code*</code> <code>a &lt; b</code>"),
        ("```\n*x*\ny\n```", '<code class="fence">*x*\ny</code>'),
        ("before\n```x```\nafter", 'before<code class="fence">x</code>after'),
        ("&gt; one\n&gt; *two*\nthree", "<blockquote>one<br><b>two</b></blockquote>three"),
        ("a\n>>> b\nc", "a<blockquote>b<br>c</blockquote>"),
        ("• one\n• two", "• one<br>• two"),
        ("a &amp; b &lt;c&gt; &amp;lt;", "a &amp; b &lt;c&gt; &amp;lt;"),
        ("<https://mail.example/?a=1&amp;b=2|Open>", anchor("https://mail.example/?a=1&amp;b=2", "Open")),
        ("*<https://mail.example/|Open *it*>*", f"<b>{anchor('https://mail.example/', 'Open *it*')}</b>"),
        ("<mailto:a@harbor.example>", anchor("mailto:a@harbor.example", "a@harbor.example")),
        (
            "see https://news.example/a_b_c, now.",
            f"see {anchor('https://news.example/a_b_c', 'https://news.example/a_b_c')}, now.",
        ),
        ("<@U0MINA> <@U404|누구>", '<span class="mention">@윤미나</span> <span class="mention">@누구</span>'),
        ("<!here> <#C1|general>", '<span class="mention">@here</span> <span class="mention">#general</span>'),
        ("@channel @here", "@channel @here"),
        (":tada:", '<span class="emoji" role="img" aria-label="tada">🎉</span>'),
        (":no_such_thing: 10:30:45", ":no_such_thing: 10:30:45"),
    ],
)
def test_mrkdwn_is_drawn_as_slack_draws_it(text: str, expected: str) -> None:
    assert mrkdwn_html(text, OSCAR) == expected


@pytest.mark.parametrize(
    ("reader", "template", "expected"),
    [
        (OSCAR, "{date_num} {time}", "2026-03-01 11:30 PM"),
        (MINA, "{date_num} {time}", "2026-03-02 오전 8:30"),
        (OSCAR, "{date_long}", "Sunday, March 1, 2026"),
        (MINA, "{date}", "2026년 3월 2일"),
        (OSCAR, "{date_short_pretty}", "Yesterday"),
        (MINA, "{date_short_pretty}", "오늘"),
        (OSCAR, "{ago}", "1 hour ago"),
        (OSCAR, "{nonsense}", "{nonsense}"),
    ],
)
def test_dates_are_in_the_readers_own_time(reader: Reader, template: str, expected: str) -> None:
    moment = int(datetime(2026, 3, 1, 23, 30, tzinfo=UTC).timestamp())
    assert mrkdwn_html(f"<!date^{moment}^{template}|then>", reader) == expected


def test_a_date_that_is_none_falls_back() -> None:
    assert mrkdwn_html("<!date^soon^{date}|soon &amp; gone>", OSCAR) == "soon &amp; gone"
    assert mrkdwn_html("<!date^99999999999999^{date}|far>", OSCAR) == "far"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<javascript:alert(1)|click>",
        '<https://a.example/" onmouseover="alert(1)|x>',
        "<https://a.example|<img src=x onerror=alert(1)>>",
        "<@U0MINA|<b onclick=x>>",
        "<!date^1700000000^{date}^javascript:alert(1)|x>",
        "`</code><img src=x onerror=alert(1)>`",
        "```</code><script>alert(1)</script>```",
        "\ue0000\ue002 \ue0010\ue002",
        "&lt;https://evil.example|bank&gt;",
        "*<b>*_</i>_",
        'https://a.example/"><script>alert(1)</script>',
    ],
)
def test_nothing_gets_out_of_its_place(text: str) -> None:
    assert_safe(mrkdwn_html(text, OSCAR))
    assert_safe(plain_html(text))


ALLOWED = {
    "a": {"href", "target", "rel"},
    "span": {"class", "role", "aria-label"},
    "code": {"class"},
    **{tag: set[str]() for tag in ("b", "i", "s", "br", "blockquote")},
}


def assert_safe(markup: str) -> None:
    """Only known tags and attributes, closed in order, and links that lead to the web or a mailbox."""
    checker = _Checker()
    checker.feed(markup)
    checker.close()
    assert not checker.open


class _Checker(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= ALLOWED[tag]
        href = dict(attrs).get("href") or "https://"
        assert href.startswith(("https://", "http://", "mailto:", "tel:")), href
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


MARKS = ["*", "_", "~", "`", "```", "<", ">", "|", "&lt;", "&gt;", "&amp;", "\n", " ", '"', "'"]
WORDS = ["a", "가", ":x:", "0", "https://a.example/", "<@U0MINA>", "<!date^1^{date}^", "javascript:"]
PIECES = st.sampled_from([*MARKS, *WORDS, "\ue000", "\ue001", "\ue002"])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_makes_html_of_its_own(text: str) -> None:
    assert_safe(mrkdwn_html(text, OSCAR))
    assert_safe(plain_html(text))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["*a ", "`", "```a", "<https://", "_a*b~", ":a", "&gt;", "*_~"])
def test_the_longest_text_is_drawn_at_once(unit: str) -> None:
    assert mrkdwn_html((unit * 40_000)[:40_000], OSCAR)


def test_plain_text_knows_emoji_only() -> None:
    assert plain_html("*a* &amp; :x:") == '*a* &amp; <span class="emoji" role="img" aria-label="x">❌</span>'
    assert plain_html(":x:", emoji=False) == ":x:"

"""Slack's mrkdwn as Streamlit's Markdown: what is meant comes out, what is not meant cannot."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.components.mrkdwn import literal, markdown

JOINER = "\u2060"
MARK = re.compile(r"[!-/:-@\[-`{-~]")
REFERENCE = re.compile(r"&#(\d+);")
# What Streamlit's page rewrites in the text that is left when Markdown has been read.
REWRITES = re.compile(
    r":[\w+-]+:|\b(?:https?://|www\.)[-.\w]|[-.\w+]@[-\w]+\.[-\w]|(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)",
    re.ASCII | re.IGNORECASE | re.MULTILINE,
)
HOSTILE = (
    "[click](https://evil.example)",
    "![x](https://evil.example/a.png)",
    "<img src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    ":red[danger] :material/delete: :streamlit: :tada: :blue-badge[ok] :shimmer[x]",
    "$e=mc^2$ and $$\\int$$",
    "# heading\n---\n===\n1. one\n- two\n\tcode\n    code",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "www.evil.example https://evil.example me@evil.example",
    "a -> b <-> c -- d <= e",
    ":::note\nx\n:::",
    "[^1]\n\n[^1]: note",
    "[a]: https://evil.example\n[a]",
    "\ue0000\ue002 \ue0010\ue002",
    "\\[x\\](y) &amp;lt;b&amp;gt; &#42;&#42;x&#42;&#42;",
)
PIECES = st.sampled_from(
    [*HOSTILE, *"*_~`$:[]()<>|!#>&@\\-=+.\n \t", "www", "https://", "가", "a", "1", JOINER]
)
texts = st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


def bare(converted: str) -> str:
    """What is left of a conversion when the marks it made itself are taken out, the text read."""
    converted = (
        converted.replace("\u2060**\u2060", "").replace("\u2060*\u2060", "").replace("\u2060~~\u2060", "")
    )
    assert not MARK.search(REFERENCE.sub("", converted)), converted
    return REFERENCE.sub(lambda found: chr(int(found[1])), converted)


@pytest.mark.parametrize(
    ("text", "converted"),
    [
        ("*bold*", "⁠**⁠bold⁠**⁠"),
        ("_italic_", "⁠*⁠italic⁠*⁠"),
        ("~gone~", "⁠~~⁠gone⁠~~⁠"),
        ("*오늘*은", "&#42;오늘&#42;은"),
        ("*오늘* 은", "⁠**⁠오늘⁠**⁠ 은"),
        ("*bold _and italic_*", "⁠**⁠bold ⁠*⁠and italic⁠*⁠⁠**⁠"),
        ("* not bold *", "&#42; not bold &#42;"),
        ("snake_case_name", "snake&#95;case&#95;name"),
        ("a &lt; b &amp;amp; c", "a &#60; b &#38;amp&#59; c"),
        ("one\ntwo", "one  \ntwo"),
        ("one\n\ntwo", "one  \n\u00a0  \ntwo"),
        ("  indented", "\u00a0\u00a0indented"),
        ("> quoted\nafter", "> quoted\n\nafter"),
        ("&gt; quoted\n&gt; more", "> quoted  \n> more"),
        (">>> all\nof it", "> all  \n> of it"),
        ("`*code* &lt;b&gt;`", "` *code* <b> `"),
        ("`:material/home:`", f"` :{JOINER}material/home: `"),
        ("see ```a\n`b```", "see\n\n```\na\n`b\n```"),
        (">>> see ```a```", "> see  \n> ```\n> a\n> ```"),
        ("<https://a.example|x>", "[x](<https&#58;&#47;&#47;a&#46;example>)"),
        ("*<https://a.example|x>*", "⁠**⁠[x](<https&#58;&#47;&#47;a&#46;example>)⁠**⁠"),
        ("<https://u:p@a.example|x>", "x"),
        ("<mailto:me@a.example|me>", "[me](<mailto&#58;me&#64;a&#46;example>)"),
        ("<tel:0212345678|call>", "call"),
        ("<javascript:alert(1)|x>", "&#60;javascript&#58;alert&#40;1&#41;&#124;x&#62;"),
        ("<@U1>, <#C1|general>, <!here>", "&#64;U1&#44; &#35;general&#44; &#64;here"),
        ("<!date^1700000000^{date}|today>", "today"),
    ],
)
def test_mrkdwn_reads_as_slack_means_it(text: str, converted: str) -> None:
    assert markdown(text) == converted


def test_bare_addresses_are_links_only_where_slack_makes_them() -> None:
    text = "go to https://a.example/x_y, now"
    assert "](" not in markdown(text)
    target = "<https&#58;&#47;&#47;a&#46;example&#47;x&#95;y>"
    assert f"]({target})&#44; now" in markdown(text, verbatim=False)


@given(texts)
def test_plain_text_shows_as_itself_and_means_nothing(text: str) -> None:
    shown = bare(literal(text))
    assert not REWRITES.search(shown)
    assert "\n" not in shown
    seen = re.sub("[\x00-\x08\x0b-\x1f\x7f\ue000-\ue002]", "", text.replace("\r", "\n"))
    assert shown.replace(JOINER, "") == " ".join(seen.replace(JOINER, "").split()) or JOINER in text


@given(texts.map(lambda text: text.replace("`", "").replace("<", "").replace(">", "").replace("&gt;", "")))
@example("\n".join(HOSTILE).translate(str.maketrans("", "", "`<>")).replace("&gt;", ""))
def test_hostile_mrkdwn_without_links_yields_no_link_image_html_directive_or_formula(text: str) -> None:
    assert not REWRITES.search(bare(markdown(text)))


@given(texts.map(lambda text: re.sub(r"[<>\n\r|`\ue000-\ue002]", "", text)))
def test_a_label_stays_within_its_own_link(label: str) -> None:
    converted = markdown(f"<https://good.example/|{label}>")
    found = re.fullmatch(r"\[(.*)\]\(<(.*)>\)", converted, re.DOTALL)
    assert found, converted
    assert html.unescape(found[2]) == "https://good.example/"
    assert not REWRITES.search(bare(found[1])) or not label.strip()


@given(st.text(alphabet="ab&;#/?=%$:_*<>()[] \\\"'`\n가", max_size=30))
def test_an_address_stays_within_its_brackets(tail: str) -> None:
    for found in re.finditer(r"\]\(<(.*?)>\)", markdown(f"<https://good.example/{tail}|label>")):
        assert html.unescape(found[1]).startswith("https://good.example/")
        assert re.fullmatch(r"[A-Za-z0-9&#;]*", found[1])

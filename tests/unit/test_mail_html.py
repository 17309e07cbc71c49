"""HTML mail as the programs that write it make it."""

from __future__ import annotations

import pytest

from services.sources.gmail.html import html_text
from tests.unit.gmail_answers import part, read_parts

GMAIL_REPLY = """<div dir="ltr">네, 확인했습니다.<div><br></div><div>내일 뵙겠습니다.</div></div><br>
<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">2026년 11월 20일 (금) 오전 9:12,
 홍길동 &lt;<a href="mailto:h@e.kr">h@e.kr</a>&gt;님이 작성:<br></div><blockquote class="gmail_quote"
 style="margin:0px 0px 0px 0.8ex">지난 주 회의록입니다.</blockquote></div>"""  # noqa: E501

GMAIL_INLINE = """<div dir="ltr"><div class="gmail_quote"><div class="gmail_attr">On Fri, Nov 20, 2026 at 9:12 AM Kim
 &lt;k@e.com&gt; wrote:<br></div><blockquote class="gmail_quote">Can you come?</blockquote><div>Yes.</div>
 <blockquote class="gmail_quote">And lunch?</blockquote><div>No, sorry.</div></div></div>"""  # noqa: E501

GMAIL_FORWARD = """<div dir="ltr">참고하세요.<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">----------
 Forwarded message ---------<br>보낸사람: <strong>김철수</strong> &lt;k@e.kr&gt;<br>Date: 2026년 11월 20일<br>
 Subject: 공지<br>To: &lt;a@e.kr&gt;<br></div><br><br>공지 본문입니다.</div></div>"""  # noqa: E501

OUTLOOK_DESKTOP = """<html><head><style>p.MsoNormal{margin:0cm}</style></head><body lang=KO><div class=WordSection1>
<p class=MsoNormal><span lang=EN-US>검토했습니다<o:p></o:p></span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoNormal>진행해 주세요.<o:p></o:p></p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;
padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> 홍길동 &lt;h@e.kr&gt; <br><b>Sent:</b> Friday, November
20, 2026 9:12 AM<br><b>To:</b> 김철수<br><b>Subject:</b> RE: 견적<o:p></o:p></p></div></div>
<p class=MsoNormal>이전 내용</p></div></body></html>"""  # noqa: E501

OUTLOOK_WEB = """<div class="elementToProof">좋습니다.</div><div id="appendonsend"></div><hr style="width:98%">
<div id="divRplyFwdMsg" dir="ltr"><b>보낸 사람:</b> 홍길동 &lt;h@e.kr&gt;<br><b>보낸 날짜:</b> 2026년 11월 20일<br>
<b>받는 사람:</b> 김<br><b>제목:</b> 회의</div><div>이전 내용</div>"""  # noqa: E501

APPLE_MAIL = """<html><body>Sounds good.<br><div dir="ltr">나의 iPhone에서 보냄</div><div dir="ltr"><br><blockquote
 type="cite">2026. 11. 20. 오전 9:12, 홍길동 &lt;h@e.kr&gt; 작성:<br><br></blockquote></div><blockquote type="cite">
 <div>old</div></blockquote></body></html>"""  # noqa: E501

THUNDERBIRD = """<div class="moz-cite-prefix">On 20/11/2026 09:12, Kim wrote:<br></div><blockquote type="cite"
 cite="mid:x"><p>question</p></blockquote><p>Answer below.</p><div class="moz-signature">-- <br>Kim</div>"""

YAHOO = """<div>Fine.</div><div class="yahoo_quoted"><div>On Friday, Kim wrote:</div><div>old</div></div>"""

NAVER = """<div style="font-size: 10pt;"><p>수고하세요</p><p>-----Original Message-----<br><b>From:</b> "홍길동"
 &lt;h@e.kr&gt;<br><b>To:</b> &lt;a@e.kr&gt;<br><b>Cc:</b> <br><b>Sent:</b> 2026-11-20 (금) 09:12:00 (GMT+09:00)<br>
 <b>Subject:</b> 문의<br></p><p>이전 내용</p></div>"""  # noqa: E501


@pytest.mark.parametrize(
    ("markup", "newest"),
    [
        (GMAIL_REPLY, "네, 확인했습니다.\n\n내일 뵙겠습니다."),
        (GMAIL_INLINE, "Yes.\n\nNo, sorry."),
        (GMAIL_FORWARD, "참고하세요."),
        (GMAIL_FORWARD.replace("참고하세요.", ""), "공지 본문입니다."),
        (OUTLOOK_DESKTOP, "검토했습니다\n\n진행해 주세요."),
        (OUTLOOK_WEB, "좋습니다."),
        (OUTLOOK_WEB.replace("좋습니다.", ""), "이전 내용"),
        (APPLE_MAIL, "Sounds good."),
        (THUNDERBIRD, "Answer below."),
        (YAHOO, "Fine."),
        (NAVER, "수고하세요"),
        ('<blockquote type="cite">nothing but a quotation</blockquote>', "nothing but a quotation"),
        ('<div class="gmail_signature">Kim, Sales</div>', "Kim, Sales"),
    ],
)
def test_quotations_are_cut_as_each_program_marks_them(markup: str, newest: str) -> None:
    assert read_parts(part("text/html; charset=utf-8", markup)).text == newest


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<div>one<div>two</div></div>three", "one\ntwo\nthree"),
        (
            "<table><tr><td>품목</td><td>수량</td></tr><tr><td>펜</td><td>3</td></tr></table>",
            "품목 수량\n펜 3",
        ),
        ("<ul><li>one<li><p>two</p></ul>end", "- one\n- two\n\nend"),
        ("a&nbsp;&lt;b&gt; &amp; &#44032; &hearts;", "a <b> & 가 ♥"),
        ("<pre>x\n  y</pre>", "x\ny"),
        ("many\n   blanks\t here", "many blanks here"),
        ("<b>bo</b>ld <a href='https://e.kr/?x=1'>link</a>", "bold link"),
        ("<title>no</title><style>p{}</style><script>alert(1)</script><p>yes</p>", "yes"),
        ("<!-- no --><![if !mso]>yes<![endif]>", "yes"),
        ("<p>unclosed <b>tags <i>here", "unclosed tags here"),
        ("plain text without a tag", "plain text without a tag"),
        ("축하해요 <img src=x alt='🎉'> <img alt='Logo'>", "축하해요 🎉"),
        ("<h1>Title</h1>text", "Title\n\ntext"),
        ("", ""),
    ],
)
def test_markup_becomes_lines(markup: str, text: str) -> None:
    assert html_text(markup) == text


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "DISPLAY: NONE !important",
        "visibility:hidden",
        "mso-hide:all",
        "max-height:0",
        "color:#fff;max-height:0px;overflow:hidden",
        "opacity: 0;",
    ],
)
def test_hidden_preheaders_are_not_read(style: str) -> None:
    assert html_text(f'<div style="{style}">미리보기 문구</div><p>본문</p>') == "본문"


@pytest.mark.parametrize(
    "style", ["max-height:0.5em", "opacity:0.8", "font-size:0px", "display:block", "max-height:100px", "x:y"]
)
def test_what_is_merely_styled_is_read(style: str) -> None:
    assert html_text(f'<div style="{style}">본문</div>') == "본문"


def test_a_mail_of_pictures_is_read_by_their_descriptions() -> None:
    markup = "<img alt='가을 세일 50%'><img alt='지금 구매'>"
    assert read_parts(part("text/html", markup)).text == "가을 세일 50%\n\n지금 구매"


def test_the_text_behind_a_long_head_and_embedded_pictures_is_found() -> None:
    head = "<head><style>" + "p { color: red; }\n" * 10_000 + "</style></head>"
    picture = '<img src="data:image/png;base64,' + "QUJD" * 50_000 + '">'
    assert html_text(f"<html>{head}<body>{picture}<p>본문</p></body></html>") == "본문"

"""HTML mail to text: what a reader sees, line by line, without what is hidden and without quoted replies."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.sources.gmail.characters import clean_text

MARKUP_LIMIT = 128 * 1024
TAG_LIMIT = 8_000
TEXT_CHARS = 16 * 1024
"""Reading stops there: far more than is ever kept, quotes and signatures included."""

QUOTED = "> \u2026"
"""The line that stands for a quotation cut out of the tree."""

_FORMATTING = re.compile(
    r"<(/?)(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])", re.IGNORECASE
)
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_EMBEDDED_DATA = re.compile(r"(data:[\w/+.-]{1,60};base64,)[A-Za-z0-9+/=\s]{200,}")
_BODY = re.compile(r"<body[\s>]", re.IGNORECASE)
_HIDING_STYLE = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|(?:^|;)(?:opacity|max-height):0(?:px|pt|em|%)?(?:!important)?(?:;|$)"
)

_DROPPED = {
    "head", "title", "style", "script", "noscript", "template", "svg", "math", "object", "iframe",
    "canvas", "video", "audio", "map", "select", "option", "textarea", "meta", "link", "base",
}  # fmt: skip
_LINES = {
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "div", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "header", "hgroup", "legend", "li", "main", "menu", "nav",
    "section", "summary", "table", "tbody", "tfoot", "thead", "tr",
}  # fmt: skip
_PARAGRAPHS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "blockquote", "hr",
}  # fmt: skip
_CELLS = {"td", "th"}
_BREAKING = _LINES | _PARAGRAPHS | _CELLS
_TIGHT = re.compile(r"margin(?:-top|-bottom)?:0")

_QUOTES = (
    "blockquote[type=cite], blockquote.gmail_quote, .yahoo_quoted, .protonmail_quote, .tutanota_quote,"
    " .zmail_extra, .hmail_quote, .zimbra_quote, #OLK_SRC_BODY_SECTION, #isReplyContent, #replySplit,"
    " #mail-editor-reference-message-container, .ms-outlook-mobile-reference-message"
)
_REST_IS_QUOTED = "#divRplyFwdMsg, #x_divRplyFwdMsg, #stopSpelling, .OutlookMessageHeader"
"""Where Outlook's quoted mail begins: its parts are not nested but follow."""

_SIGNATURES = (
    ".gmail_signature, .gmail_signature_prefix, .moz-signature, #Signature, #ms-outlook-mobile-signature,"
    " #AppleMailSignature, .protonmail_signature_block, .tutanota_signature"
)

_SKIP, _QUOTE, _END = "skip", "quote", "end"


def html_text(markup: str, *, quotes: bool = False) -> str:
    """The visible text of an HTML mail, at most about `TEXT_CHARS` characters.

    Quotations and signatures that mail programs mark as such are left out, the former replaced by the line
    `QUOTED`, unless `quotes`. Where nothing would be left, hidden text and the texts of pictures count.
    """
    tree = LexborHTMLParser(_harmless(markup))
    root = tree.body or tree.root
    if root is None:
        return ""
    text = clean_text(_Reading(_marks(tree, quotes=quotes)).read(root))
    return text if text or not quotes else clean_text(_Reading({}, pictures=True).read(root))


def _harmless(markup: str) -> str:
    """`markup` bounded so that building its tree takes time and memory in proportion.

    The HTML standard makes parsers open unclosed formatting elements again in every paragraph: 60 kB of
    `<font><p>` grow to two million nodes. As formatting is of no interest here, those elements are renamed
    before the parser sees them. Pictures written into attributes go, and a long head.
    """
    if "base64," in markup:
        markup = _EMBEDDED_DATA.sub(r"\1", markup)
    body = _BODY.search(markup) if len(markup) > MARKUP_LIMIT else None
    markup = markup[body.start() if body else 0 :][:MARKUP_LIMIT]
    if markup.count("<") > TAG_LIMIT:
        markup = "<".join(markup.split("<", TAG_LIMIT)[:TAG_LIMIT])
    return _FORMATTING.sub(r"<\1span", markup)


def _marks(tree: LexborHTMLParser, *, quotes: bool) -> dict[int, str]:
    """What is not to be read of the tree, by the nodes' ids."""
    marks = {node.mem_id: _SKIP for node in tree.css("[style], [hidden]") if _is_hidden(node)}
    if not quotes:
        for selector, mark in ((_SIGNATURES, _SKIP), (_QUOTES, _QUOTE), (_REST_IS_QUOTED, _END)):
            marks.update((node.mem_id, mark) for node in tree.css(selector))
    return marks


class _Reading:
    """One walk over the tree, without recursion, that writes down what is seen."""

    def __init__(self, marks: dict[int, str], *, pictures: bool = False) -> None:
        self._marks = marks
        self._pictures = pictures
        self._pieces: list[str] = []
        self._length = 0
        self._line_ends = 2
        self._preformatted = 0

    def read(self, root: LexborNode) -> str:
        stack: list[tuple[LexborNode, str]] = [(root, "")]
        while stack and self._length < TEXT_CHARS:
            node, left = stack.pop()
            if left:
                self._leave(node, left)
                continue
            tag = node.tag or ""
            mark = self._marks.get(node.mem_id) if self._marks else None
            if mark in (_QUOTE, _END):
                self._write(f"\n{QUOTED}\n")
            if mark == _END:
                break
            if mark is None and self._enter(node, tag):
                if tag in _BREAKING:
                    stack.append((node, tag))
                stack += [(child, "") for child in reversed(_children(node))]
        return "".join(self._pieces)

    def _enter(self, node: LexborNode, tag: str) -> bool:
        """Write what stands at the node's beginning; whether to go on to its children."""
        if tag == "-text":
            text = node.text_content or ""
            self._write(text if self._preformatted else _BLANKS.sub(" ", text))
            return False
        if tag in _DROPPED:
            return False
        if tag in _BREAKING:
            self._separate(node, tag)
        if tag == "img":
            self._picture(node.attributes.get("alt") or "")
        elif tag == "br":
            self._write("\n")
        elif tag == "li":
            self._write("- ")
            self._line_ends = 2  # a paragraph in it begins beside the dash
        self._preformatted += tag == "pre"
        return True

    def _leave(self, node: LexborNode, tag: str) -> None:
        self._preformatted -= tag == "pre"
        self._separate(node, tag)

    def _separate(self, node: LexborNode, tag: str) -> None:
        """What stands between an element and its neighbours: nothing, a blank, a line end, an empty line."""
        if tag in _CELLS:
            self._write(" ")
        elif tag in _PARAGRAPHS:
            self._write("\n" * ((1 if tag == "p" and _is_tight(node) else 2) - self._line_ends))
        elif tag in _LINES:
            self._write("\n" * (1 - self._line_ends))

    def _picture(self, alt: str) -> None:
        """Emoji are often pictures; a logo's name only counts in a mail of nothing but pictures."""
        if self._pictures:
            self._write(f"\n{alt}\n")
        elif len(alt) <= 8 and not alt.isascii() and not any(map(str.isalpha, alt)):
            self._write(alt)

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)
        if text.strip(" \n") == "":
            self._line_ends += text.count("\n")
        else:
            self._line_ends = len(text) - len(text.rstrip("\n"))


def _children(node: LexborNode) -> list[LexborNode]:
    children: list[LexborNode] = []
    child = node.first_child
    while child is not None:
        children.append(child)
        child = child.next
    return children


def _is_tight(paragraph: LexborNode) -> bool:
    """Whether no space stands around the paragraph: Outlook writes each line as one."""
    attributes = paragraph.attributes
    style = "".join((attributes.get("style") or "").lower().split())
    return "MsoNormal" in (attributes.get("class") or "") or _TIGHT.search(style) is not None


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    style = attributes.get("style") or ""
    return style != "" and _HIDING_STYLE.search("".join(style.lower().split())) is not None

"""Slack's mrkdwn as Streamlit's Markdown. Pure: text in, text out.

Only what Slack would format is formatted; every other character shows as itself (emoji codes too: whoever
means an emoji writes the emoji). Streamlit's Markdown is CommonMark with GitHub's additions, and rewrites
the text that comes out of it: emoji codes, icons, arrows, bare addresses. So text is protected twice: a
character reference in place of each ASCII mark hides it from CommonMark, and a word joiner, which shows as
nothing, breaks up what would be rewritten afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from services.briefing.escape import WORD_JOINER, safe_url

_BLANK_LINE = "\u00a0"
_HARD_BREAK = "  \n"

# Private use characters around the number of a piece that is finished; texts are rid of them first.
_INLINE, _BLOCK, _END = "\ue000", "\ue001", "\ue002"
_HELD = re.compile(f"{_INLINE}(\\d+){_END}")
_HELD_BLOCK = re.compile(f"^((?:> )?){_BLOCK}(\\d+){_END}", re.MULTILINE)
_UNWANTED = re.compile(f"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff{_INLINE}{_BLOCK}{_END}]")

_MARK = re.compile(r"[!-/:-@\[-`{-~]")
_REWRITTEN = re.compile(
    r"(?<=:)(?=[\w+-]+:)|(?<=[\w.+-]@)(?=[-\w]+\.)|(?<=www)(?=\.)|(?<=://)|(?<=[<>~-])(?=[-=>])",
    re.ASCII | re.I,
)

_FENCE = re.compile(r"\n?```\n?(.+?)\n?```\n?", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLE = re.compile(r"<((?:https?://|mailto:|tel:|[@#!])[^<>\n]*)>")
_BARE = re.compile(rf"\bhttps?://(?:(?!&[gl]t;)[^\s<>|{_INLINE}{_BLOCK}{_END}])+")
_AFTER_BARE = ".,;:!?)'\"*_~`"

_FORMATS = {"*": "**", "_": "*", "~": "~~"}
_FORMAT = re.compile(
    r"(?<!\w)(?:" + "|".join(rf"\{mark}(?=\S)([^{mark}\n]+)(?<=\S)\{mark}" for mark in _FORMATS) + r")(?!\w)"
)
_QUOTE = re.compile(r"(?:>|&gt;) ?")
_QUOTE_REST = re.compile(r"(?:>|&gt;){3} ?")


def markdown(text: str, *, verbatim: bool = True) -> str:
    """A mrkdwn text as Markdown; `verbatim` as in Slack: bare addresses are not made links."""
    held = _Held()
    rest = _tidy(text)
    rest = _FENCE.sub(lambda found: f"\n{held.keep(_fenced(found[1]), _BLOCK)}\n", rest)
    rest = _CODE.sub(lambda found: held.keep(_code(found[1])), rest)
    rest = _ANGLE.sub(lambda found: held.keep(_angle(found[1])), rest)
    if not verbatim:
        rest = _BARE.sub(lambda found: _bare(found[0], held.keep), rest)
    return held.put_back(_paragraphs(rest.strip("\n").split("\n")))


def literal(text: str) -> str:
    """A plain text as Markdown, also in labels and headings: on one line, nothing in it means anything."""
    return _shown(" ".join(_tidy(text).split()))


def marked(line: str, found: Iterable[tuple[int, int]]) -> str:
    """One plain line as Markdown, as `literal`, with these stretches (start, end) marked, in their order.

    By colour and weight: a background has room around it, which would tear the words it is in apart.
    """
    parts, end = [], 0
    for start, stop in found:
        parts += [_shown(line[end:start]), f":orange[**{_shown(line[start:stop])}**]"]
        end = stop
    return "".join([*parts, _shown(line[end:])]).strip()


class _Held:
    """Finished Markdown set aside, with a mark in the text where it belongs."""

    def __init__(self) -> None:
        self._kept: list[str] = []

    def keep(self, finished: str, mark: str = _INLINE) -> str:
        self._kept.append(finished)
        return f"{mark}{len(self._kept) - 1}{_END}"

    def put_back(self, text: str) -> str:
        """Inline pieces twice: a link may stand around code that was set aside before it."""
        for _ in range(2):
            text = _HELD.sub(lambda found: self._kept[int(found[1])], text)
        return _HELD_BLOCK.sub(lambda found: self._block(int(found[2]), found[1]), text)

    def _block(self, number: int, prefix: str) -> str:
        return prefix + self._kept[number].replace("\n", "\n" + prefix)


def _tidy(text: str) -> str:
    return _UNWANTED.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _meant(text: str) -> str:
    """Slack escapes three characters and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _shown(text: str) -> str:
    """Text that shows as itself."""
    return _referenced(_REWRITTEN.sub(WORD_JOINER, text))


def _referenced(text: str) -> str:
    return _MARK.sub(lambda found: f"&#{ord(found[0])};", text)


def _fenced(content: str) -> str:
    content = _as_code(content)
    fence = "`" * max(3, _longest_run(content) + 1)
    return f"{fence}\n{content}\n{fence}"


def _code(content: str) -> str:
    content = _as_code(content)
    ticks = "`" * (_longest_run(content) + 1)
    return f"{ticks} {content} {ticks}" if content.strip() else f"{ticks}{content}{ticks}"


def _as_code(content: str) -> str:
    """Nothing in code needs protection but this, which Streamlit rewrites before it looks for code."""
    return _meant(content).replace(":material/", f":{WORD_JOINER}material/")


def _longest_run(content: str) -> int:
    return max(map(len, re.findall("`+", content)), default=0)


def _angle(inner: str) -> str:
    """`<…>`: a link, a mention, a command such as a date, of which the fallback is shown."""
    target, _, label = inner.partition("|")
    if target[0] in "@#":
        return _shown(target[0] + _meant(label or target[1:]).removeprefix(target[0]))
    if target[0] == "!":
        return _shown(_meant(label) or "@" + target[1:].partition("^")[0])
    return _link(_meant(target), _meant(label))


def _link(url: str, label: str) -> str:
    """A link under its label; only the label where the address is none that a page may lead to."""
    shown = _shown(label.strip() or re.sub("^(?:mailto|tel):", "", url))
    target = quote(url, safe=":@.+-_?=&%") if url.startswith("mailto:") else safe_url(url)
    return f"[{shown}](<{_referenced(target)}>)" if target else shown


def _bare(found: str, keep: Callable[[str], str]) -> str:
    url = found.rstrip(_AFTER_BARE)
    return keep(_link(_meant(url), "")) + found[len(url) :]


def _paragraphs(lines: list[str]) -> str:
    """Blocks of lines with an empty line between: text, quotes and code."""
    blocks: list[str] = []
    plain: list[str] = []
    while lines:
        quoted, following = _leading_quote(lines)
        if quoted:
            blocks += [_broken(plain), _quoted(quoted)]
            plain = []
        elif lines[0].startswith(_BLOCK):
            blocks += [_broken(plain), lines[0]]
            plain = []
        else:
            plain.append(lines[0])
        lines = following
    return "\n\n".join(filter(None, [*blocks, _broken(plain)]))


def _leading_quote(lines: list[str]) -> tuple[list[str], list[str]]:
    """The quote that `lines` begin with, and what follows it or else the first line."""
    if rest := _QUOTE_REST.match(lines[0]):
        return [lines[0][rest.end() :], *lines[1:]], []
    count = next((n for n, line in enumerate(lines) if not _QUOTE.match(line)), len(lines))
    return [_QUOTE.sub("", line, count=1) for line in lines[:count]], lines[count or 1 :]


def _quoted(lines: list[str]) -> str:
    return "\n".join(f"> {line}" for line in _broken(lines).split("\n"))


def _broken(lines: list[str]) -> str:
    return _HARD_BREAK.join(map(_line, lines))


def _line(line: str) -> str:
    """One line, its indent and its emptiness kept."""
    content = line.strip()
    indent = _BLANK_LINE * (len(line) - len(line.lstrip()))
    return indent + _formatted(_meant(content)) if content else _BLANK_LINE


def _formatted(text: str) -> str:
    """Bold, italic and strike, one in another; marks that do not pair stay as they are."""
    parts, end = [], 0
    for found in _FORMAT.finditer(text):
        parts += [_shown(text[end : found.start()]), _format(found[0])]
        end = found.end()
    return "".join([*parts, _shown(text[end:])])


def _format(marked: str) -> str:
    """Word joiners on both sides of each delimiter: it works whatever stands there, Korean too."""
    delimiter = f"{WORD_JOINER}{_FORMATS[marked[0]]}{WORD_JOINER}"
    return delimiter + _formatted(marked[1:-1]) + delimiter

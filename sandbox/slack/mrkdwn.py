"""Slack's mrkdwn as safe HTML. Pure: text in, markup out.

Whatever is not one of Slack's own forms is text and comes out escaped. Constructs that must not be looked
into again (links, mentions, code, emoji) are set aside first and put back at the end, so that formatting can
never open or close inside one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup, escape

from sandbox.slack.dates import local, written
from sandbox.slack.emoji import EMOJI

# Private use characters, taken out of every text first: held markup within a line, and on lines of its own.
_INLINE, _BLOCK, _END = "\ue000", "\ue001", "\ue002"
_MARKS = str.maketrans("", "", _INLINE + _BLOCK + _END)
_HELD = re.compile(f"(?:<br>)?{_BLOCK}(\\d+){_END}(?:<br>)?|{_INLINE}(\\d+){_END}")
_ANGLE = re.compile(r"<((?:https?://|mailto:|tel:|[@#!])[^<>\n]*)>")
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_BARE_URL = re.compile(rf"\bhttps?://(?:(?!&[gl]t;)[^\s<>{_INLINE}{_BLOCK}{_END}])+")
_FORMATS = {"*": "b", "_": "i", "~": "s"}
_FORMAT = re.compile(
    r"(?<!\w)(?:" + "|".join(rf"\{mark}(?=\S)([^{mark}\n]+)(?<=\S)\{mark}" for mark in _FORMATS) + r")(?!\w)"
)
CODE, FENCE = Markup("<code>%s</code>"), Markup('<code class="fence">%s</code>')
_QUOTE = re.compile(r"^(?:>|&gt;) ?")
_QUOTE_REST = re.compile(r"^(?:>|&gt;){3} ?")


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom text is drawn: `names` are members' names by id, `timezone` and `locale` their own."""

    now: datetime
    locale: str = "en"
    timezone: str = "UTC"
    names: Mapping[str, str] = field(default_factory=dict)


def mrkdwn_html(text: str, reader: Reader) -> Markup:
    """A mrkdwn text as `reader` sees it."""
    held = _Held()
    rest = text.translate(_MARKS)
    rest = _ANGLE.sub(lambda m: held.keep(_angle(m[1], reader)), rest)
    rest = _FENCE.sub(lambda m: held.keep(FENCE % held.put_back(_text(m[1])), mark=_BLOCK), rest)
    rest = _CODE.sub(lambda m: held.keep(CODE % held.put_back(_text(m[1]))), rest)
    rest = _BARE_URL.sub(lambda m: _bare_url(m[0], held.keep), rest)
    rest = _EMOJI.sub(lambda m: held.keep(_emoji(m[1])) if m[1] in EMOJI else m[0], rest)
    return held.put_back(_paragraphs(rest.split("\n")))


def plain_html(text: str, *, emoji: bool = True) -> Markup:
    """A plain_text: nothing but emoji is special in it."""
    if not emoji:
        return _text(text)
    parts = _EMOJI.split(text)
    drawn = [_plain_part(part, is_name=index % 2 == 1) for index, part in enumerate(parts)]
    return Markup("").join(drawn)


def _plain_part(part: str, *, is_name: bool) -> Markup:
    if not is_name:
        return _text(part)
    return _emoji(part) if part in EMOJI else escape(f":{part}:")


def link(url: str, label: Markup | str) -> Markup:
    """A link that opens in a tab of its own and tells nobody where it was clicked."""
    template = Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>')
    return template.format(url, label)


class _Held:
    """Markup set aside, with a mark in the text where it belongs."""

    def __init__(self) -> None:
        self._kept: list[Markup] = []

    def keep(self, markup: Markup, mark: str = _INLINE) -> str:
        self._kept.append(markup)
        return f"{mark}{len(self._kept) - 1}{_END}"

    def put_back(self, markup: Markup) -> Markup:
        return Markup(_HELD.sub(lambda m: self._kept[int(m[1] or m[2])], markup))  # noqa: S704 both sides are markup


def _meant(text: str) -> str:
    """Slack escapes three characters and no others."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _text(text: str) -> Markup:
    return escape(_meant(text))


def _emoji(name: str) -> Markup:
    return Markup('<span class="emoji" role="img" aria-label="{}">{}</span>').format(name, EMOJI[name])


def _bare_url(found: str, keep: Callable[[Markup], str]) -> str:
    url = found.rstrip(".,;:!?)'\"*_~`")
    return keep(link(_meant(url), _text(url))) + found[len(url) :]


def _angle(inner: str, reader: Reader) -> Markup:
    """`<…>`: a link, a mention, a date."""
    target, _, label = inner.partition("|")
    if target[0] == "@":
        return _mention("@" + (reader.names.get(target[1:]) or label or target[1:]))
    if target[0] == "#":
        return _mention("#" + (label or target[1:]))
    if target[0] == "!":
        return _command(target[1:], label, reader)
    return link(_meant(target), plain_html(label or target.removeprefix("mailto:")))


def _mention(name: str) -> Markup:
    return Markup('<span class="mention">%s</span>') % _text(name)


def _command(target: str, label: str, reader: Reader) -> Markup:
    kind, *arguments = target.split("^")
    if kind == "date" and len(arguments) >= 2:
        return _date(arguments, label, reader)
    if kind in {"here", "channel", "everyone"}:
        return _mention(f"@{kind}")
    return _mention(label or f"@{kind}") if kind == "subteam" else _text(label or f"<{kind}>")


def _date(arguments: list[str], fallback: str, reader: Reader) -> Markup:
    timestamp, template, *address = arguments
    try:
        moment = local(timestamp, reader.timezone)
    except (ValueError, OverflowError, OSError):
        return _text(fallback)
    shown = _text(written(template, moment, reader.now, reader.locale))
    return link(_meant(address[0]), shown) if address and is_web(address[0]) else shown


def is_web(url: str) -> bool:
    """Whether `url` is one that a page may lead to."""
    return url.startswith(("https://", "http://"))


def _paragraphs(lines: list[str]) -> Markup:
    """Lines as HTML: quoted ones together in a quote, the rest with line breaks between."""
    parts: list[Markup] = []
    plain: list[Markup] = []
    while lines:
        quoted, lines = _leading_quote(lines)
        if quoted:
            parts += [_joined(plain), Markup("<blockquote>%s</blockquote>") % _joined(quoted)]
            plain = []
        else:
            plain.append(_formatted(_text(lines[0])))
            lines = lines[1:]
    return Markup("").join([*parts, _joined(plain)])


def _leading_quote(lines: list[str]) -> tuple[list[Markup], list[str]]:
    """The quote that `lines` begin with, and what follows it."""
    if rest := _QUOTE_REST.match(lines[0]):
        quoted, following = [lines[0][rest.end() :], *lines[1:]], []
    else:
        count = next((n for n, line in enumerate(lines) if not _QUOTE.match(line)), len(lines))
        quoted, following = [_QUOTE.sub("", line) for line in lines[:count]], lines[count:]
    return [_formatted(_text(line)) for line in quoted], following


def _joined(lines: list[Markup]) -> Markup:
    return Markup("<br>").join(lines)


def _formatted(markup: Markup) -> Markup:
    """Bold, italic and strike, one in another; marks that do not pair stay as they are."""
    return Markup(_FORMAT.sub(_format, markup))  # noqa: S704 was markup, tags are added in pairs


def _format(found: re.Match[str]) -> str:
    mark, inner = found[0][0], found[0][1:-1]
    return f"<{_FORMATS[mark]}>{_FORMAT.sub(_format, inner)}</{_FORMATS[mark]}>"

"""Strangers' text, made safe to show: one line, nothing invisible, nothing that Slack would interpret.

Slack's mrkdwn knows `&amp; &lt; &gt;` and no other escape, so characters that format are replaced by ones
that look alike, and a word joiner takes the meaning from mentions and emoji codes.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

from wcwidth import iter_graphemes, width

ELLIPSIS = "…"
WORD_JOINER = "\u2060"
# Characters of an address in a text. Longer ones exist, but a few of them would fill a message.
LINK_LIMIT = 600

# What is beyond this is not looked at: nothing is shown longer than a few lines.
_READ_LIMIT = 2_000
_MARKS_ON_A_LETTER = 4
_CHARACTERS_A_COLUMN = 3  # an emoji of a family is five characters in two columns
_ZERO_WIDTH_JOINER = "\u200d"

# Letters and symbols, by their category, that show as a blank: Hangul fillers, the empty Braille cell.
_BLANK = re.compile("[\u115f\u1160\u2800\u3164\uffa0]")
# Marks and unassigned code points that show as nothing.
_UNSEEN = re.compile(
    "[\u034f\u17b4\u17b5\u180b-\u180f\u2065\ufe00-\ufe0d\ufff0-\ufffb\ufffe\uffff\U000e0000-\U0010ffff]"
)
# Letters, digits and ASCII: most lines are nothing else, and need no look at each character.
_COMMON = re.compile(r"[\w !-~]*")
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
)
_INTERPRETED = re.compile(r"@(?=channel|here|everyone)|:(?=[^\s:]{1,100}:)", re.IGNORECASE)
_QUOTE = re.compile("^>+")
_HOST = re.compile(r"[a-z0-9_.-]{1,253}", re.IGNORECASE)
_UNQUOTED = "/?#[]@!$&()*+,;=:%~"


def one_line(text: str) -> str:
    """The text on one line, composed (NFC), without controls, bidi overrides and what else cannot be seen."""
    seen = _UNSEEN.sub("", _BLANK.sub(" ", text[:_READ_LIMIT]))
    composed = unicodedata.normalize("NFC", seen)
    if _COMMON.fullmatch(composed):
        return " ".join(composed.split())
    kept, marks = [], 0
    for index, character in enumerate(composed):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character.isspace():
            kept.append(" ")
        elif category in ("Cc", "Cf", "Cs", "Co"):
            kept.append(character if _joins_emoji(composed, index) else "")
        elif marks <= _MARKS_ON_A_LETTER:
            kept.append(character)
    return " ".join("".join(kept).split())


def cut(text: str, columns: int) -> str:
    """The text within `columns` of a terminal (a Korean letter takes two), cut between graphemes, with …"""
    if len(text) <= columns and width(text) <= columns:
        return text
    if text.isascii() and text.isprintable():  # a column each
        return text[: columns - 1].rstrip() + ELLIPSIS
    kept: list[str] = []
    used = length = 0
    room = columns - width(ELLIPSIS)
    for grapheme in iter_graphemes(text):
        used += width(grapheme)
        length += len(grapheme)
        if used > columns or length > columns * _CHARACTERS_A_COLUMN:
            return "".join(kept).rstrip() + ELLIPSIS
        if used <= room:
            kept.append(grapheme)
    return text


def literal(text: str, columns: int) -> str:
    """Strangers' text as mrkdwn that shows as just that text, on one line within `columns`."""
    return escape(cut(one_line(text), columns))


def escape(line: str) -> str:
    """A clean line as mrkdwn that shows literally, at the beginning of a line too, where > would quote."""
    line = _QUOTE.sub("›", line)
    return _INTERPRETED.sub(lambda match: match[0] + WORD_JOINER, line.translate(_ESCAPES))


def link(url: str, label: str) -> str:
    """A mrkdwn link under an escaped label; only the label where the address is not fit for a link."""
    target = safe_url(url).replace("&", "&amp;")
    if not label or not target or len(target) > LINK_LIMIT:
        return label
    return f"<{target}|{label.replace('|', '∣')}>"


def safe_url(url: str) -> str:
    """The address in plain ASCII; empty unless it is http(s) with a host and without credentials."""
    try:
        parts = urlsplit(url.strip())
        host = (parts.hostname or "").encode("idna").decode()
        port = f":{parts.port}" if parts.port else ""
        rest = quote(urlunsplit(("", "", parts.path, parts.query, parts.fragment)), safe=_UNQUOTED)
    except ValueError:  # UnicodeError is one
        return ""
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return ""
    return f"{parts.scheme}://{host}{port}{rest}"


def _joins_emoji(text: str, index: int) -> bool:
    """Whether this is the joiner inside one emoji, such as a family, and not one hidden in a word."""
    if text[index] != _ZERO_WIDTH_JOINER or not 0 < index < len(text) - 1:
        return False
    before, after = unicodedata.category(text[index - 1]), unicodedata.category(text[index + 1])
    return before in ("So", "Sk", "Mn") and after == "So"

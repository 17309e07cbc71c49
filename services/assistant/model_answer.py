"""A language model's answer as a Slack message: plain text, with links to what was found and no others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from services.assistant.examples import example
from services.assistant.model_tools import Source
from services.assistant.understanding.requests import Request
from services.briefing.blocks import context, section
from services.briefing.escape import WORD_JOINER, cut, escape, link, literal, one_line
from services.briefing.model import SlackMessage
from services.i18n import Translator

LINES, COLUMNS, SOURCES = 12, 300, 5
LABEL_COLUMNS, NAME_COLUMNS, FALLBACK_COLUMNS = 80, 40, 200
_LONGEST = 8_000
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_MARKUP = re.compile(r"^#+\s*|\*\*|```")
_CITED = re.compile(r"\[(\d{1,3})\]")
# Any scheme, www, and a host with a path: nobody is to be led anywhere by what a mail made a model say.
_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}:/{1,}\S*|(?:mailto|javascript|data|tel|slack):\S+|www\.\S+"
    r"|(?:[\w-]+\.)+[^\W\d_]{2,}(?::\d+)?[/?#]\S*",
    re.IGNORECASE,
)
# What is left may look like a host without being one: names of files, addresses of mail.
_DOT = re.compile(r"(?<=\w)[.\u3002\uff0e\uff61](?=[^\W\d_])")


def worded(
    said: str, sources: Sequence[Source], phrases: Sequence[Request], t: Translator, *, model: str
) -> SlackMessage | None:
    """The answer with what it cites and what could be written instead; None where nothing is left of it."""
    lines = list(filter(None, (_line(line, t) for line in _text(said).splitlines())))[:LINES]
    if not lines:
        return None
    numbers = dict.fromkeys(int(number) for number in _CITED.findall(said))
    cited = [(n, sources[n - 1]) for n in numbers if 1 <= n <= len(sources)][:SOURCES]
    blocks = [section("\n".join(lines))]
    if cited:
        blocks.append(section("\n".join(f"[{n}] {_found(source, t)}" for n, source in cited)))
    examples = list(dict.fromkeys(filter(None, (example(request, t) for request in phrases))))
    if examples:
        listed = "\n".join(f"• {escape(phrase)}" for phrase in examples)
        blocks.append(section(t.gettext("You could write:") + "\n" + listed))
    name = literal(model, NAME_COLUMNS)
    honest = t.gettext(
        "Written by a language model ({name}). It can be wrong, and has changed nothing.", name=name
    )
    return SlackMessage(cut(lines[0], FALLBACK_COLUMNS), [*blocks, *context([honest])])


def _text(said: str) -> str:
    return _THOUGHT.sub("", said[:_LONGEST]).strip()


def _line(line: str, t: Translator) -> str:
    plain = _MARKUP.sub("", one_line(line))
    unled = _ADDRESS.sub(t.gettext("(address left out)"), plain)
    return _DOT.sub(lambda dot: dot[0] + WORD_JOINER, literal(unled, COLUMNS))


def _found(source: Source, t: Translator) -> str:
    return link(source.link, literal(source.label, LABEL_COLUMNS) or t.gettext("(no subject)"))

"""Gmail's search language: which operators people may type, and everybody else's words as plain terms.

https://support.google.com/mail/answer/7190
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"\w[\w.@+]*")
_JOINERS = frozenset({"and", "or", "around"})

# Each with what may follow it. Spam and trash are looked into only when asked for in words.
_VALUE = r'(?:"[^"]+"|[\w@][\w@.+/-]*)'
_OPERATOR = re.compile(
    rf"""-?(?:
        (?:from|to|cc|subject|label|filename|list):{_VALUE}
      | is:(?:unread|read|starred|important|snoozed)
      | has:(?:attachment|drive|document|spreadsheet|presentation|youtube)
      | in:(?:inbox|sent|drafts?|chats)
      | category:(?:primary|social|promotions|updates|forums)
      | (?:after|before|older|newer):[0-9]{{4}}[/-][0-9]{{1,2}}[/-][0-9]{{1,2}}
      | (?:older_than|newer_than):[0-9]{{1,4}}[hdmy]
      | (?:larger|smaller):[0-9]{{1,9}}[km]?
    )(?=\s|$)""",
    re.VERBOSE,
)
_SPAN = re.compile(rf"(?<!\S){_OPERATOR.pattern}(?:\s+(?:or|\|)\s+{_OPERATOR.pattern})*", re.VERBOSE)
_OR = re.compile(r"\s+(?:or|\|)\s+")


def take_operators(text: str) -> tuple[tuple[str, ...], str]:
    """The operators that stand in the text, each complete and known, and the text without them.

    Those with OR between them are one, in Gmail's braces.
    """
    return tuple(_joined(match[0]) for match in _SPAN.finditer(text)), _SPAN.sub(" ", text)


def _joined(operators: str) -> str:
    alternatives = _OR.split(operators)
    return alternatives[0] if len(alternatives) == 1 else "{" + " ".join(alternatives) + "}"


def quoted(term: str) -> str:
    """One word or phrase as a term that means only itself; empty where nothing could be searched for.

    Gmail has no escape for a quotation mark, so those are left out.
    """
    plain = " ".join(term.replace('"', " ").split())
    if _PLAIN.fullmatch(plain) and plain.lower() not in _JOINERS:
        return plain
    return f'"{plain}"'


def either(terms: Sequence[str]) -> str:
    """Any of these, for use after an operator; within it no word is taken for an operator."""
    safe = [quoted(term) for term in terms]
    return safe[0] if len(safe) == 1 else "{" + " ".join(safe) + "}"

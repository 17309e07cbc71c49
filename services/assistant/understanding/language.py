"""In which language somebody is answered: theirs, unless they plainly wrote in the other one. Pure."""

from __future__ import annotations

import re

from services.assistant.understanding.gmail_query import take_operators
from services.assistant.understanding.normal import undress

_HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
_ADDRESS = re.compile(r"\S*[@/:.]\S+")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
# One word may be a name or a loan: who writes Korean also writes "ok" and "gmail".
PLAINLY = 2


def language_of(text: str, own: str) -> str:
    """`ko` or `en`; `own` is the person's, `text` their message in Slack's markup."""
    _, words = take_operators(undress(text))
    if _HANGUL.search(words):
        return "ko"
    return "en" if len(_WORD.findall(_ADDRESS.sub(" ", words))) >= PLAINLY else own

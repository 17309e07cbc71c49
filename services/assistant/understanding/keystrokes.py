"""Slips of the keys: words as the keys that were struck, so that 브리픵 and qmflvld are near 브리핑.

On a Korean keyboard every jamo is one or two Latin keys; a word typed in the wrong layout has the same keys.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from rapidfuzz.distance import OSA

from services.assistant.understanding.phrases import listed

_INITIALS = listed("r R s e E f a q Q t T d w W c z x v g")
_MEDIALS = listed("k o i O j p u P h hk ho hl y n nj np nl b m ml l")
_FINALS = ["", *listed("r R rt s sw sg e f fr fa fq ft fx fv fg a q qt t T d w c z x v g")]
# ㄱ to ㅣ as they stand in Unicode when typed alone.
_ALONE = listed(
    "r R rt s sw sg e E f fr fa fq ft fx fv fg a q Q qt t T d w W c z x v g "
    "k o i O j p u P h hk ho hl y n nj np nl b m ml l"
)
_WORD = re.compile(r"[a-z]+|[가-힣ㄱ-ㅣ]+")
_HANGUL = re.compile("[가-힣ㄱ-ㅣ]")
_TWO_SLIPS = 8
_LONGEST = 20  # letters of a word that may be a keyword


@cache
def keys(word: str) -> str:
    """The Latin keys struck for a word."""
    return "".join(_keys(character) for character in unicodedata.normalize("NFC", word))


def _keys(character: str) -> str:
    if "가" <= character <= "힣":
        initial, rest = divmod(ord(character) - ord("가"), 21 * 28)
        medial, final = divmod(rest, 28)
        return _INITIALS[initial] + _MEDIALS[medial] + _FINALS[final]
    if "ㄱ" <= character <= "ㅣ":
        return _ALONE[ord(character) - ord("ㄱ")]
    return character


class Keywords:
    """Words that are recognised although mistyped. Only such as change nothing when taken wrongly."""

    def __init__(self, words: Iterable[str], *, never: Iterable[str] = ()) -> None:
        """`never` are words that are near a keyword and mean something else."""
        self._words: Mapping[str, str] = {keys(word): word for word in words}
        self._never = frozenset(never)

    def mend(self, text: str) -> str:
        """The text with mistyped keywords put right; endings such as 좀 and 을 stay."""
        return _WORD.sub(lambda match: self._mended(match[0]), text)

    def _mended(self, word: str) -> str:
        if (
            len(word) > _LONGEST
            or word in self._never
            or any(word.startswith(keyword) for keyword in self._words.values())
        ):
            return word
        whole = self._nearest(word)
        if whole or not _HANGUL.match(word):
            return whole or word
        for keyword in self._words.values():
            head, ending = word[: len(keyword)], word[len(keyword) :]
            if ending and len(head) > 1 and _HANGUL.match(keyword) and self._nearest(head) == keyword:
                return keyword + ending
        return word

    def _nearest(self, word: str) -> str | None:
        struck = keys(word)
        if struck in self._words:
            return self._words[struck]
        slips = 2 if len(struck) >= _TWO_SLIPS else 1
        near = [
            keyword
            for keyed, keyword in self._words.items()
            if len(keyed) > 4 and OSA.distance(struck, keyed, score_cutoff=slips) <= slips
        ]
        return near[0] if len(near) == 1 else None

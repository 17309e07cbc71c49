"""Small numbers as words, Korean and English."""

from __future__ import annotations

from services.assistant.understanding.phrases import any_of, listed

_HOURS = listed("한 두 세 네 다섯 여섯 일곱 여덟 아홉 열 열한 열두")
_DIGITS = listed("일 이 삼 사 오 육 칠 팔 구")
_TENS = {"십": 10, "이십": 20, "삼십": 30, "사십": 40, "오십": 50}
_ENGLISH = listed("one two three four five six seven eight nine ten eleven twelve")
_ENGLISH_TENS = {"ten": 10, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_SEVERAL = {"a": 1, "an": 1, "couple of": 2, "a couple of": 2, "few": 3, "a few": 3, "몇": 3}

_NUMBERS = {
    **{word: number for number, word in enumerate(_DIGITS, 1)},
    **_TENS,
    **{
        tens + word: value + number for tens, value in _TENS.items() for number, word in enumerate(_DIGITS, 1)
    },
    **{word: number for number, word in enumerate(_HOURS, 1)},
    **{word: number for number, word in enumerate(_ENGLISH, 1)},
    **_ENGLISH_TENS,
    "twenty five": 25,
    "thirty five": 35,
    "forty five": 45,
    **_SEVERAL,
}

DIGITS = "[0-9]{1,2}"
HOUR_KO = f"(?:{DIGITS}|{any_of(*_HOURS)})"
MINUTE_KO = f"(?:{DIGITS}|{any_of(*_TENS, *(word for word in _NUMBERS if word[:1] in '이삼사오십'))})"
HOUR_EN = f"(?:{DIGITS}|{any_of(*_ENGLISH)})"
MINUTE_EN = any_of(*_ENGLISH_TENS, "twenty five", "thirty five", "forty five")
COUNT_KO = f"(?:{DIGITS}|{any_of(*_HOURS, *_DIGITS, '몇')})"
COUNT_EN = f"(?:{DIGITS}|{any_of(*_ENGLISH, *_SEVERAL)})"


def number(word: str) -> int:
    """`8`, `여덟`, `이십오` or `eight` as a number; `a few` and 몇 are three. KeyError for anything else."""
    return int(word) if word.isdecimal() else _NUMBERS[" ".join(word.split())]

"""The words for days, Korean and English, and what each means. The first that fits at a place wins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from services.assistant.understanding import days
from services.assistant.understanding.days import Days, Match, Today
from services.assistant.understanding.numerals import COUNT_EN, COUNT_KO

Meaning = Callable[[Match, Today], Days]

_A = r"(?<![a-z0-9])"
_Z = r"(?![a-z])"
_ORDINAL = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?(?![0-9a-z:/])"
_MONTH_EN = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])\.?"
)
_WEEKDAY_EN = (
    r"(?P<weekday>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)(?![a-z])"
)
_WHICH_EN = r"(?P<which>last|previous|this|current|next)\s+"
_WEEKDAY_KO = "(?P<weekday>[월화수목금토일])요일"
_WEEK_KO = r"(?P<which>지지난|저저번|지난|이번|금|다다음|다음|차)\s*주(?!말|식|문|소|간|제)"
_YEAR_KO = r"(?:(?P<year>(?<!\d)20\d{2}|작|올|금|내)\s*(?:년|해)\s*)?"
_YEAR_EN = r"(?:,?\s*(?P<year>20\d{2}))?"
_IN = r"(?:(?<=in )|(?<=since )|(?<=from )|(?<=during )|(?<=until )|(?<=last )|(?<=this )|(?<=next ))"
_NAMED_KO = r"(?P<named>하루|이틀|사흘|나흘|닷새|일주일|열흘|보름|한\s*달)"
_LENGTH_KO = rf"(?:{_NAMED_KO}|(?P<count>{COUNT_KO})\s*(?P<unit>일|주일|주|달|개월))"
_LENGTH_EN = rf"(?P<count>{COUNT_EN})\s+(?P<unit>day|week|month)s?"
_FOR_KO = r"\s*(?:간|동안|만|정도)"


def _said(words: Iterable[str]) -> str:
    return "|".join(word.replace(" ", r"\s+") for word in sorted(words, key=len, reverse=True))


_RELATIVE_EN = _said(word for word in days.RELATIVE if word.isascii())
_RELATIVE_KO = _said(word for word in days.RELATIVE if not word.isascii())

_MEANINGS: list[tuple[str, Meaning]] = [
    # Dates
    (
        r"(?<!\d)(?P<year>20\d{2})\s*[-./년]\s*(?P<month>\d{1,2})\s*[-./월]\s*(?P<day>\d{1,2})(?:\s*일|(?!\d))",
        days.full_date,
    ),
    (rf"{_YEAR_KO}(?<!\d)(?P<month>\d{{1,2}})\s*월\s*(?P<day>\d{{1,2}})\s*일", days.full_date),
    (rf"{_A}{_MONTH_EN}\s*(?:the\s+)?{_ORDINAL}{_YEAR_EN}", days.full_date),
    (rf"{_A}{_ORDINAL}\s*(?:of\s+)?{_MONTH_EN}{_YEAR_EN}", days.full_date),
    (r"(?<![\d/:.])(?P<one>\d{1,2})/(?P<other>\d{1,2})(?![\d/:])", days.slashed_date),
    # Weekdays and weekends of a week
    (rf"{_WEEK_KO}\s*{_WEEKDAY_KO}", days.weekday_of_week),
    (r"(?:(?P<which>지난|이번|다다음|다음)\s*주?\s*)?주말", days.weekend),
    (rf"{_A}(?:{_WHICH_EN})?weekend{_Z}", days.weekend),
    (rf"{_A}{_WHICH_EN}week(?:'s)?\s+(?:on\s+)?{_WEEKDAY_EN}", days.weekday_of_week),
    (rf"{_A}{_WEEKDAY_EN}\s+(?:of\s+)?{_WHICH_EN.removesuffix('+')}*\s*week{_Z}", days.weekday_of_week),
    (rf"(?<![가-힣])지난\s*{_WEEKDAY_KO}", days.last_weekday),
    (rf"(?P<which>이번|다음)\s*{_WEEKDAY_KO}", days.weekday_of_week),
    (rf"{_A}last\s+{_WEEKDAY_EN}", days.last_weekday),
    (rf"{_A}{_WHICH_EN}{_WEEKDAY_EN}", days.weekday_of_week),
    # Lengths of time
    (rf"{_A}the\s+week\s+(?P<side>after)\s+next{_Z}", days.week_after_next),
    (rf"{_A}the\s+week\s+(?P<side>before)\s+last{_Z}", days.week_after_next),
    (r"(?:며칠|몇\s*일)\s*전", days.some_days_ago),
    (rf"{_A}(?:a\s+)?(?:few|couple\s+of)\s+days\s+ago{_Z}", days.some_days_ago),
    (rf"{_LENGTH_KO}\s*(?P<side>전|뒤|후)(?!체|부)", days.distant),
    (rf"{_A}{_LENGTH_EN}\s+(?P<side>ago|from\s+now){_Z}", days.distant),
    (rf"{_A}(?P<side>in)\s+{_LENGTH_EN}{_Z}", days.distant),
    (rf"(?:최근|지난)\s*{_LENGTH_KO}(?:{_FOR_KO})?", days.recent),
    (rf"{_A}(?:(?:in|over|for|during)\s+)?(?:the\s+)?(?:last|past)\s+{_LENGTH_EN}{_Z}", days.recent),
    (rf"{_A}(?:the\s+)?past\s+(?P<unit>day|week|month){_Z}", days.recent),
    (rf"(?:앞으로|향후)\s*{_LENGTH_KO}(?:{_FOR_KO})?", days.coming),
    (rf"{_A}(?:for\s+)?(?:the\s+)?(?:next|coming)\s+{_LENGTH_EN}{_Z}", days.coming),
    (rf"{_A}for\s+{_LENGTH_EN}{_Z}", days.lasting),
    (rf"{_LENGTH_KO}{_FOR_KO}", days.lasting),
    (r"(?P<count>\d{1,2})\s*(?P<unit>일)(?=\s*(?:쉬|쉴|휴가|멈|중지|정지))", days.lasting),
    (_NAMED_KO, days.lasting),
    (rf"(?<![가-힣])(?P<count>{COUNT_KO})\s*(?P<unit>주일|주|개월)(?!말)", days.lasting),
    # Weeks, months, years
    (_WEEK_KO, days.week),
    (rf"{_A}{_WHICH_EN}week{_Z}", days.week),
    (r"(?P<which>지난|이번|다음)\s*달(?!력)", days.month),
    (rf"{_A}{_WHICH_EN}month{_Z}", days.month),
    (
        rf"{_A}(?:(?:last|this|next)\s+)?(?!(?:may|mar|march|sep|dec)(?![a-z])){_MONTH_EN}{_YEAR_EN}",
        days.whole_month,
    ),
    (rf"{_IN}{_MONTH_EN}{_YEAR_EN}", days.whole_month),
    (rf"{_YEAR_KO}(?:지난\s*)?(?<![\d:])(?P<month>1[0-2]|[1-9])\s*월(?!요일)달?", days.whole_month),
    (r"(?<![가-힣])(?P<which>지난|작|올|금|내)(?:년|해)", days.year),
    (rf"{_A}{_WHICH_EN}year{_Z}", days.year),
    # Single days
    (rf"{_A}(?P<relative>{_RELATIVE_EN}){_Z}", days.relative),
    (rf"(?P<relative>{_RELATIVE_KO})", days.relative),
    (_WEEKDAY_KO, days.weekday),
    (rf"{_A}(?:coming\s+)?{_WEEKDAY_EN}", days.weekday),
    (
        r"(?<![\d:./월])(?P<day>[12]?\d|3[01])\s*일(?![가-힣]*정)(?!\s*(?:간|동안|전|뒤|후|째|치|만))",
        days.day_of_month,
    ),
    (rf"{_A}the\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th){_Z}", days.day_of_month),
]
DAY_TABLE = [(re.compile(pattern), meaning) for pattern, meaning in _MEANINGS]

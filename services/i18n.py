"""Texts, dates and times in the reader's language.

The texts in the code are English; `locale/<language>/LC_MESSAGES/messages.po` holds the others. A catalog is
read from its .po at first use, so there is no compile step to forget; `make messages` brings the catalogs up
to date with the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LANGUAGES = ("ko", "en")
CATALOGS = Path(__file__).parent / "locale"

_SOURCE_LANGUAGE = "en"


def N_(message: str) -> str:  # noqa: N802 - the name gettext's tools look for
    """The message itself: marks a text for the catalogs that is translated where it is used."""
    return message


@dataclass(frozen=True, slots=True)
class Translator:
    """Speaks one language. Values go into the `{names}` of a text after it has been translated.

    Moments are given in the zone of the person who reads them.
    """

    language: str
    catalog: NullTranslations

    def gettext(self, message: str, /, **values: object) -> str:
        """The text in this language."""
        return self.catalog.gettext(message).format(**values)

    def ngettext(self, singular: str, plural: str, count: int, /, **values: object) -> str:
        """The text for `count` things, which is also the value of `{n}`."""
        return self.catalog.ngettext(singular, plural, count).format(n=count, **values)

    def pgettext(self, context: str, message: str, /, **values: object) -> str:
        """The text in this language, where the English alone could mean several things."""
        return self.catalog.pgettext(context, message).format(**values)

    def short_date(self, day: date) -> str:
        """`Sat, Nov 21` or `11월 21일 (토)`."""
        return format_date(day, self.pgettext("date pattern", "EEE, MMM d"), locale=_known(self.language))

    def time(self, moment: datetime) -> str:
        """`9:00 AM` or `오전 9:00`."""
        return self._moment(moment, self.pgettext("time pattern", "h:mm a"))

    def time_range(self, start: datetime, end: datetime) -> str:
        """`10:00–11:00 AM` or `오전 10:00∼11:00`; the half of the day is named once where it is one."""
        if end <= start:
            return self.time(start)
        if start.date() != end.date() or (start.hour < 12) != (end.hour < 12):
            first, last = self.time(start), self.time(end)
        else:
            first = self._moment(start, self.pgettext("time pattern, start of a range", "h:mm"))
            last = self._moment(end, self.pgettext("time pattern, end of a range", "h:mm a"))
        return self.pgettext("from one time to another", "{start}–{end}", start=first, end=last)

    def day(self, day: date, *, today: date) -> str:
        """`today`, `yesterday`, `tomorrow`, a weekday of the last six days, else the date."""
        match (today - day).days:
            case 0:
                return self.gettext("today")
            case 1:
                return self.gettext("yesterday")
            case -1:
                return self.gettext("tomorrow")
            case distance if 1 < distance < 7:
                return format_date(day, "EEEE", locale=_known(self.language))
        if day.year == today.year:
            return self.short_date(day)
        return format_date(day, "long", locale=_known(self.language))

    def day_and_time(self, moment: datetime, *, today: date) -> str:
        """`yesterday at 9:00 AM` or `어제 오전 9:00`."""
        return self.pgettext(
            "a day and a time",
            "{day} at {time}",
            day=self.day(moment.date(), today=today),
            time=self.time(moment),
        )

    def duration(self, length: timedelta) -> str:
        """`2 hours 10 minutes` or `2시간 10분`; whole minutes, from a day on whole hours."""
        days, rest = divmod(int(length.total_seconds()) // 60, 24 * 60)
        hours, minutes = divmod(rest, 60)
        parts = []
        if days:
            parts.append(self.ngettext("{n} day", "{n} days", days))
        if hours:
            parts.append(self.ngettext("{n} hour", "{n} hours", hours))
        if not days and (minutes or not hours):
            parts.append(self.ngettext("{n} minute", "{n} minutes", minutes))
        return " ".join(parts)

    def _moment(self, moment: datetime, pattern: str) -> str:
        return format_datetime(moment, pattern, tzinfo=moment.tzinfo, locale=_known(self.language))


def translator(locale: str, *, default: str = "ko") -> Translator:
    """Who speaks `locale`: `ko`, `ko-KR`, `en_US.UTF-8`, …; `default` where that is no language of ours."""
    for candidate in (locale, default):
        language = re.split(r"[-_.@]", candidate.strip().lower(), maxsplit=1)[0]
        if language in LANGUAGES:
            return _load(language)
    return _load(_SOURCE_LANGUAGE)


@cache
def _known(language: str) -> Locale:
    """What Babel knows of a language; parsed once, as it takes as long as formatting does."""
    return Locale.parse(language)


@cache
def _load(language: str) -> Translator:
    if language == _SOURCE_LANGUAGE:
        return Translator(language, NullTranslations())
    with (CATALOGS / language / "LC_MESSAGES" / "messages.po").open("rb") as po:
        catalog = read_po(po, locale=language)
    mo = BytesIO()
    write_mo(mo, catalog)
    mo.seek(0)
    return Translator(language, Translations(mo))

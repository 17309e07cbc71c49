"""Dates as Slack writes them for one reader: `<!date^…>`, day separators, the time beside a message."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta

_TOKEN = re.compile(r"\{(\w+)\}")
_WIDTHS = {"date": "long", "date_long": "full", "date_short": "medium"}
# CLDR shortens 오전 and 오후 to AM and PM, Slack does not.
_TIMES = {"ko": "aaaa h:mm"}
_TIMES_WITH_SECONDS = {"ko": "aaaa h:mm:ss"}
_NEAR = {
    "ko": {0: "오늘", -1: "어제", 1: "내일"},
    "en": {0: "Today", -1: "Yesterday", 1: "Tomorrow"},
}


def local(ts: str | float, timezone: str) -> datetime:
    """A ts as the reader's own time. Raises ValueError or OverflowError where it is no moment at all."""
    return datetime.fromtimestamp(float(ts), UTC).astimezone(ZoneInfo(timezone))


def time_of_day(moment: datetime, locale: str) -> str:
    return _spoken(format_time(moment, _TIMES.get(locale, "short"), locale=locale))


def moment_in_full(moment: datetime, locale: str) -> str:
    return f"{format_date(moment, 'full', locale=locale)} {time_of_day(moment, locale)}"


def day_label(moment: datetime, now: datetime, locale: str) -> str:
    """What a day separator says: today, yesterday or the date."""
    return near_day(moment, now, locale, ahead=False) or format_date(
        moment, "full" if locale == "ko" else "EEEE, MMMM d", locale=locale
    )


def _spoken(time: str) -> str:
    """With an ordinary space before AM and PM, where CLDR has a narrow one."""
    return time.replace("\u202f", " ")


def near_day(moment: datetime, now: datetime, locale: str, *, ahead: bool = True) -> str:
    """The word for yesterday, today or tomorrow, empty for other days."""
    days = (moment.date() - now.astimezone(moment.tzinfo).date()).days
    return _NEAR.get(locale, _NEAR["en"]).get(days, "") if ahead or days <= 0 else ""


def written(template: str, moment: datetime, now: datetime, locale: str) -> str:
    """Slack's date template, such as `{date_short_pretty} {time}`; a token it does not know stays."""
    return _TOKEN.sub(lambda token: _token(token[1], moment, now, locale) or token[0], template)


def _token(name: str, moment: datetime, now: datetime, locale: str) -> str:
    if name == "date_num":
        return moment.strftime("%Y-%m-%d")
    if name == "time":
        return time_of_day(moment, locale)
    if name == "time_secs":
        return _spoken(format_time(moment, _TIMES_WITH_SECONDS.get(locale, "medium"), locale=locale))
    if name == "ago":
        return format_timedelta(_whole(moment - now), add_direction=True, locale=locale)
    if pretty := name.endswith("_pretty"):
        name = name.removesuffix("_pretty")
    near = near_day(moment, now, locale) if pretty else ""
    return near or (format_date(moment, _WIDTHS[name], locale=locale) if name in _WIDTHS else "")


def _whole(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))

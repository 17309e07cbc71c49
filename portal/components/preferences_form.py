"""What somebody wants in their briefing and when: one form, saved as a whole, errors at their field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import streamlit as st
from babel import Locale
from babel.dates import get_day_names

from portal import runtime, session
from portal.components.feedback import action, keep_feedback
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services import preferences
from services.db.engine import transaction
from services.db.models import SECTIONS
from services.due import countries
from services.errors import PreferenceRefused
from services.i18n import N_, Translator
from services.preferences import Preferences

REFUSED = "preference_refused"
LANGUAGES = {"ko": "한국어", "en": "English"}
SECTION_NAMES = {"calendar": N_("Calendar"), "mail": N_("Mail"), "news": N_("News")}
LISTS = ("feeds", "vips", "muted")
WHEN = ("enabled", "send_at", "timezone", "weekdays", "holidays_of", "paused_until")
FIELDS = (*WHEN, "sections", "when_empty", *LISTS, "locale")
EMPTY = {"line": N_("One line that says so"), "nothing": N_("Nothing at all")}

REFUSALS = {
    "wrong_type": N_("Please choose something here."),
    "unknown_timezone": N_("This time zone is not known."),
    "unknown_language": N_("This language is not spoken here."),
    "no_weekday": N_("Choose at least one day, or turn the briefing off."),
    "no_section": N_("Choose at least one part, or turn the briefing off."),
    "unknown_section": N_("Choose at least one part, or turn the briefing off."),
    "pause_too_long": N_("A pause can be a year long at most. For longer, turn the briefing off."),
    "unknown_country": N_("The holidays of this country are not known."),
    "too_many": N_("These are too many, or one of them is too long."),
    "not_an_address": N_("One of these is no e-mail address. One address a line, such as kim@example.com."),
    "not_a_feed": N_("One of these is no feed address. One a line, beginning with https://."),
    "vip_and_muted": N_("Somebody cannot be both important and muted. Remove them from one of the lists."),
}


def draw_zone_offer(visitor: Visitor, stored: Preferences) -> None:
    """Offer the browser's time zone where it is another one than the chosen."""
    zone, t = st.context.timezone, visitor.t
    if not zone or zone == stored.timezone or zone not in available_timezones():
        return
    there, here = _zone_name(zone), literal(_zone_name(stored.timezone))
    with st.container(border=True):
        st.markdown(
            t.gettext("Your browser is in {there}, your briefing follows {here}.", there=there, here=here)
        )
        label = t.gettext("Use {zone}", zone=there)
        st.button(label, icon=":material/public:", key="use_zone", on_click=_use_zone, args=(zone,))


def draw_form(visitor: Visitor, stored: Preferences) -> None:
    """The form as stored, or as it was filled in when it was refused."""
    t = visitor.t
    if _key("locale") not in st.session_state:
        st.session_state.pop(REFUSED, None)
        _show(stored, visitor)
    with st.form("preferences"):
        st.subheader(t.gettext("When"), anchor=False)
        _draw_when(visitor, stored)
        st.subheader(t.gettext("What"), anchor=False)
        _draw_what(t)
        st.subheader(t.gettext("Language"), anchor=False)
        with _field("locale", t):
            label = t.gettext("Language of the portal and the briefing")
            st.segmented_control(
                label, list(LANGUAGES), format_func=LANGUAGES.__getitem__, required=True, **_keyed("locale")
            )
        st.form_submit_button(t.gettext("Save"), type="primary", icon=":material/check:", on_click=_save)


def _draw_when(visitor: Visitor, stored: Preferences) -> None:
    t = visitor.t
    st.toggle(t.gettext("Send me a briefing"), **_keyed("enabled"))
    time, zone = st.columns(2)
    with time, _field("send_at", t):
        st.time_input(t.gettext("Time"), value=None, format="localized", **_keyed("send_at"))
    with zone, _field("timezone", t):
        zones = _zones(stored.timezone)
        st.selectbox(t.gettext("Time zone"), zones, format_func=_zone_name, **_keyed("timezone"))
    with _field("weekdays", t):
        label, days = t.gettext("Days"), list(range(1, 8))
        st.pills(label, days, selection_mode="multi", format_func=_day_name(t), **_keyed("weekdays"))
    with _field("holidays_of", t):
        st.selectbox(
            t.gettext("No briefing on public holidays of"),
            [None, *_countries(t.language)],
            format_func=lambda code: _country_name(code, t),
            # None is no choice to Streamlit, so this is what stands there.
            placeholder=_country_name(None, t),
            **_keyed("holidays_of"),
        )
    with _field("paused_until", t):
        st.date_input(
            t.gettext("Pause until the end of"),
            value=None,
            min_value=_today(visitor),
            format="YYYY-MM-DD",
            help=t.gettext("On holiday? Nothing is sent up to this day, it included. Empty: no pause."),
            **_keyed("paused_until"),
        )


def _draw_what(t: Translator) -> None:
    with _field("sections", t):
        st.pills(
            t.gettext("Parts of the briefing"),
            list(SECTIONS),
            selection_mode="multi",
            format_func=lambda section: t.gettext(SECTION_NAMES[section]),
            **_keyed("sections"),
        )
    with _field("when_empty", t):
        st.segmented_control(
            t.gettext("On a day without anything new"),
            list(EMPTY),
            format_func=lambda choice: t.gettext(EMPTY[choice]),
            required=True,
            **_keyed("when_empty"),
        )
    labels = {
        "feeds": t.gettext("News feeds, one address a line"),
        "vips": t.gettext("Important senders, one address a line: their mail comes first"),
        "muted": t.gettext("Muted senders, one address a line: their mail is left out"),
    }
    for field in LISTS:
        with _field(field, t):
            st.text_area(labels[field], height=100, **_keyed(field))


@contextmanager
def _field(name: str, t: Translator) -> Iterator[None]:
    """Around a field: what is wrong with it is said beneath it."""
    yield
    refused = st.session_state.get(REFUSED)
    if refused is not None and refused[0] == name:
        sentence = t.gettext(REFUSALS.get(refused[1], REFUSALS["wrong_type"]))
        st.error(literal(sentence), icon=":material/error:")


@action()
def _save(visitor: Visitor) -> None:
    """Store everything or, where something is refused, nothing; what was typed stays in the form."""
    st.session_state.pop(REFUSED, None)
    try:
        with transaction(runtime.current().sessions) as db:
            stored = preferences.change(db, visitor.user_id, **{field: _given(field) for field in FIELDS})
    except PreferenceRefused as exc:
        st.session_state[REFUSED] = (exc.field, exc.code)
        keep_feedback(visitor.t.gettext("Not saved yet: see the field marked in red."), good=False)
        return
    visitor = session.require()  # they may speak another language by now
    _show(stored, visitor)
    keep_feedback(visitor.t.gettext("Saved."))


@action()
def _use_zone(visitor: Visitor, zone: str) -> None:
    with transaction(runtime.current().sessions) as db:
        preferences.change(db, visitor.user_id, timezone=zone)
    keep_feedback(visitor.t.gettext("Saved."))
    st.session_state[_key("timezone")] = zone


def _show(stored: Preferences, visitor: Visitor) -> None:
    """Fill in the form; a pause that is over is none."""
    for field in FIELDS:
        value = getattr(stored, field)
        if field in LISTS:
            value = "\n".join(value)
        elif isinstance(value, tuple):
            value = list(value)
        elif field == "paused_until" and value is not None and value < _today(visitor):
            value = None
        st.session_state[_key(field)] = value


def _given(field: str) -> Any:
    value = st.session_state.get(_key(field))
    return str(value or "").splitlines() if field in LISTS else value


def _keyed(field: str) -> dict[str, Any]:
    """What was typed outlives a run that could not draw the form, such as one without a database."""
    return {"key": _key(field), "persist_state": "page"}


def _key(field: str) -> str:
    return f"preference_{field}"


def _day_name(t: Translator) -> Callable[[int], str]:
    """ISO weekdays, Monday 1, in the reader's language; Babel counts from 0."""
    names = get_day_names("abbreviated", locale=t.language)
    return lambda day: str(names[day - 1])


def _today(visitor: Visitor) -> date:
    return datetime.now(UTC).astimezone(visitor.zone).date()


def _zones(stored: str) -> list[str]:
    return sorted({*_cities(), stored})


@cache
def _cities() -> frozenset[str]:
    """Zones that people know theirs by: a place, or UTC."""
    return frozenset(
        zone
        for zone in available_timezones()
        if zone == "UTC" or ("/" in zone and not zone.startswith("Etc/"))
    )


@cache
def _countries(language: str) -> tuple[str, ...]:
    """Those whose holidays are known, by their names in that language."""
    names = Locale.parse(language).territories
    return tuple(sorted((code for code in countries() if code in names), key=lambda code: names[code]))


def _country_name(code: str | None, t: Translator) -> str:
    return Locale.parse(t.language).territories[code] if code else t.gettext("no country")


def _zone_name(zone: str) -> str:
    return zone.replace("_", " ")

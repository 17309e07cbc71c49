"""Choosing from which day to which."""

from __future__ import annotations

from datetime import date

import streamlit as st

from services.i18n import Translator


def choose_days(key: str, t: Translator) -> tuple[date | None, date | None]:
    """A range as it is chosen so far: none, its beginning, or both ends."""
    days = st.date_input(t.gettext("From – to"), value=[], key=key, format="YYYY-MM-DD")
    chosen = tuple(days) if isinstance(days, tuple) else (days,)
    if not chosen or chosen[0] is None:
        return None, None
    return chosen[0], chosen[-1] if len(chosen) > 1 else None

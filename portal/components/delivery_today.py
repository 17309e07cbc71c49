"""Today's briefings as they go out."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.delivery_words import OUTCOMES, badge, outcome_label
from portal.components.moments import when
from portal.session import Visitor
from services.db.engine import transaction
from services.delivery import days
from services.delivery.days import Today
from services.i18n import Translator

QUICK, SLOW = 2, 20


def draw_today(going: Today) -> None:
    """Followed while briefings are under way or to come."""
    under_way, to_come = going.under_way, going.to_come

    @st.fragment(run_every=QUICK if under_way else SLOW if to_come else None)
    def follow() -> None:
        watcher = session.require()
        opened = runtime.current()
        with transaction(opened.sessions) as db:
            now_at = days.today(db, opened.settings, watcher.actor)
        _draw(now_at, watcher)
        if bool(now_at.under_way) != bool(under_way) or (to_come and not now_at.to_come):
            st.rerun()

    follow()


def _draw(going: Today, visitor: Visitor) -> None:
    t = visitor.t
    everybody = going.day.total + going.to_come
    if not everybody:
        st.caption(t.gettext("No briefing is due today."))
        return
    said = t.gettext("{ended} of {everybody} are done", ended=f"{going.ended:,}", everybody=f"{everybody:,}")
    st.progress(going.ended / everybody, text=said)
    st.markdown(" ".join(_badges(going, t)) or "–")
    if going.next_at is not None:
        st.caption(t.gettext("The next go out {when}.", when=when(visitor, going.next_at)))


def _badges(going: Today, t: Translator) -> list[str]:
    counts = going.day.counts
    said = [
        badge(outcome, f"{outcome_label(outcome, t)} {counts[outcome]:,}")
        for outcome in OUTCOMES
        if counts[outcome]
    ]
    if going.to_come:
        to_come = t.gettext("To come")
        said.append(f":gray-badge[{to_come} {going.to_come:,}]")
    return said

"""Today's briefings as they go out."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import streamlit as st

from portal import runtime, session
from portal.components.delivery_words import OUTCOMES, badge, outcome_label
from portal.components.moments import when
from portal.session import Visitor
from services.db.engine import transaction
from services.delivery import days
from services.delivery.days import Today
from services.i18n import N_, Translator

QUICK, SLOW = 2, 12
# Whether somebody reads one briefing's story; the table under which it stands keeps still meanwhile.
READING = "deliveries_reading"
OVERDUE = N_("The next were due {when} and have not been begun yet.")


def draw_today(going: Today) -> None:
    """Followed always: a run may begin at any moment. The rest of the page is drawn anew as numbers change,
    each few seconds at most."""
    drawn_at = time.monotonic()

    @st.fragment(run_every=QUICK if going.under_way else SLOW)
    def follow() -> None:
        watcher = session.require()
        opened = runtime.current()
        with transaction(opened.sessions) as db:
            now_at = days.today(db, opened.settings, watcher.actor)
        _draw(now_at, watcher)
        if now_at == going or st.session_state.get(READING):
            return
        if not going.under_way or not now_at.under_way or time.monotonic() - drawn_at > SLOW:
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
        said = N_("The next go out {when}.") if going.next_at > datetime.now(UTC) else OVERDUE
        st.caption(t.gettext(said, when=when(visitor, going.next_at)))


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

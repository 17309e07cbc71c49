"""What came of the last action: said once, over whatever the page shows by then."""

from __future__ import annotations

import streamlit as st

KEPT = "feedback"


def keep_feedback(sentence: str, *, good: bool = True) -> None:
    """Remember a sentence for the next run of the page, which an action ends with."""
    st.session_state[KEPT] = (sentence, good)


def draw_feedback() -> None:
    """Say what was kept; what went wrong stays until it is closed."""
    kept = st.session_state.pop(KEPT, None)
    if kept is None:
        return
    sentence, good = kept
    icon = ":material/check_circle:" if good else ":material/info:"
    st.toast(sentence, icon=icon, duration="long" if good else "infinite")

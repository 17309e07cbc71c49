"""What a click does, and what came of it: said once, over whatever the page shows by then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec

import streamlit as st

from portal import session
from portal.session import Visitor
from services.errors import PortalError
from services.i18n import N_

KEPT = "feedback"
P = ParamSpec("P")


def action(
    refusals: Mapping[str, str] | None = None,
) -> Callable[[Callable[Concatenate[Visitor, P], None]], Callable[P, None]]:
    """A callback on behalf of whoever is signed in by now; an error is said and nothing else happens.

    `refusals` has the sentence (a message id) for each code of a PortalError that there is more to say of.
    """

    def decorate(act: Callable[Concatenate[Visitor, P], None]) -> Callable[P, None]:
        @wraps(act)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            t = session.page_translator()
            try:
                visitor = session.require()
                t = visitor.t
                act(visitor, *args, **kwargs)
            except PortalError as exc:
                known = (refusals or {}).get(exc.code)
                general = N_("That did not work. Please try again in a minute: {code}.")
                keep_feedback(t.gettext(known or general, code=exc.code), good=False)

        return run

    return decorate


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

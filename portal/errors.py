"""Errors in words, for people: what happened and what to do next. Never a stack trace."""

from __future__ import annotations

import uuid

import streamlit as st
import structlog

from portal import session
from services.errors import DatabaseUnavailable, Forbidden, PortalError
from services.i18n import Translator

log = structlog.get_logger("portal")


def explain(exc: Exception) -> bool:
    """Streamlit's hook for what a script did not catch: log it under a number, show a sentence."""
    t = session.page_translator()
    if isinstance(exc, PortalError):
        log.warning("page_failed", error=exc.code, reason=str(exc))
        draw_error(exc, t)
    else:
        number = uuid.uuid4().hex[:8]
        log.error("page_failed", number=number, error=type(exc).__name__, exc_info=exc)
        st.error(
            t.gettext("The team's admin can find the cause in the log under number {number}.", number=number),
            title=t.gettext("Something went wrong here"),
            icon=":material/error:",
        )
    return True


def draw_error(exc: PortalError, t: Translator) -> None:
    """A known error: what it means for the person in front of the page."""
    if isinstance(exc, Forbidden):
        st.warning(
            t.gettext("This page is for the team's admins. Ask one of them if you need something here."),
            title=t.gettext("This is not for you"),
            icon=":material/lock:",
        )
        return
    if isinstance(exc, DatabaseUnavailable):
        st.error(
            t.gettext("Nothing is lost. Please try again in a minute."),
            title=t.gettext("The portal cannot reach its database"),
            icon=":material/cloud_off:",
        )
    else:
        st.error(
            t.gettext("Please try again. If it stays so, tell the team's admin: {code}.", code=exc.code),
            title=t.gettext("That did not work"),
            icon=":material/error:",
        )
    if st.button(t.gettext("Try again"), icon=":material/refresh:", key="try_again"):
        st.rerun()

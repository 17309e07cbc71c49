"""The script of every run: who is it, which pages are theirs, run the one they are on."""

from __future__ import annotations

import streamlit as st

from portal import session
from portal.components.heartbeat import draw_sidecar, draw_silence
from portal.components.welcome import draw_sign_in, draw_sign_out
from portal.errors import draw_error
from portal.navigation import ICON, layout_of, pages_for, pages_without
from services.errors import PortalError, SignInRefused

st.set_page_config(page_title="Briefing", page_icon=ICON)

visitor, problem = None, None
try:
    visitor = session.visitor()
except PortalError as exc:
    problem = exc

if visitor is None:
    t = session.page_translator()

    def draw_instead() -> None:
        if problem is None or isinstance(problem, SignInRefused):
            draw_sign_in(t, problem)
            draw_silence(t)
        else:
            draw_error(problem, t)

    st.navigation(pages_without(draw_instead, t), position="hidden").run()
else:
    t = visitor.t
    page = st.navigation(pages_for(t, is_admin=visitor.is_admin))
    st.set_page_config(layout=layout_of(page.url_path))
    with st.sidebar:
        draw_sign_out(visitor)
    st.title(page.title)
    try:
        draw_sidecar(visitor)
        with session.just_asked(visitor):
            page.run()
    except PortalError as exc:
        draw_error(exc, t)

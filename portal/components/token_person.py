"""One person's connection for an admin: what is wrong, what mends it, and who they are on Slack."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.feedback import keep_feedback
from portal.components.mrkdwn import literal
from portal.components.slack_choice import draw_slack
from portal.components.token_drawer import open_drawer
from portal.components.token_reasons import can_be_refreshed, refusal_in_words
from portal.components.token_table import draw_details, name_of
from portal.session import Visitor
from services.db.engine import transaction
from services.errors import PortalError
from services.people import list_people
from services.tokens import overview
from services.tokens.overview import TokenRow


def draw_person(row: TokenRow, visitor: Visitor) -> None:
    """In words, with what can be done for this one person at once."""
    t, settings = visitor.t, runtime.current().settings
    draw_details(row, visitor, settings)
    with st.container(horizontal=True):
        if can_be_refreshed(row) and st.button(t.gettext("Refresh now"), icon=":material/autorenew:"):
            _refresh(row, visitor)
            st.rerun()
        if st.button(t.gettext("History"), icon=":material/history:"):
            open_drawer(row, name_of(row), visitor)
    st.caption(t.gettext("The reconnect link, to copy and send to this person:"))
    st.code(overview.reconnect_link(settings, row.user_id), language=None)
    if row.known:
        _draw_slack(row, visitor)


def _refresh(row: TokenRow, visitor: Visitor) -> None:
    """Ask Google while the admin waits, and remember what to say of it."""
    t, opened, name = visitor.t, runtime.current(), literal(name_of(row))
    try:
        with st.spinner(t.gettext("Asking Google…")):
            overview.refresh_now(opened, row.user_id, visitor.actor)
        keep_feedback(t.gettext("{name}: refreshed. Google accepts it.", name=name))
    except PortalError as exc:
        why = refusal_in_words(exc, row, opened.settings.required_scopes, t)
        keep_feedback(t.gettext("{name}: not refreshed. {why}", name=name, why=why), good=False)


def _draw_slack(row: TokenRow, visitor: Visitor) -> None:
    with transaction(runtime.current().sessions) as db:
        people = list_people(db, visitor.actor, row.user_id).rows
    person = next((person for person in people if person.user_id == row.user_id), None)
    if person is not None:
        draw_slack(person, visitor)

"""One person's connection from the side: what happened to it, newest first, and who looked."""

from __future__ import annotations

import streamlit as st

from portal import runtime, session
from portal.components.access_words import happening_in_words
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.components.paging import draw_pages, page_number
from portal.components.problems import problem_of
from portal.components.timeline import STEPS
from portal.session import Visitor
from services.db.engine import transaction
from services.i18n import N_, Translator
from services.tokens.history import Happening, history
from services.tokens.overview import TokenRow
from services.tokens.reasons import explain

EVENTS = {
    "connected": (":green[:material/link:]", N_("Connected")),
    "imported": (":blue[:material/upload:]", N_("Imported")),
    "refreshed": (":gray[:material/autorenew:]", N_("Refreshed")),
    "used": (":gray[:material/mail:]", N_("Used")),
    "refresh_failed": (":orange[:material/sync_problem:]", N_("Google could not be reached")),
    "wrong_mailbox": (":red[:material/person_off:]", N_("Taken away: it opens another mailbox")),
    "reconnect_required": (":red[:material/link_off:]", N_("Google refused it")),
    "disconnected": (":gray[:material/link_off:]", N_("Disconnected")),
}
PURPOSES = {
    "connect": N_("to try it after connecting"),
    "mail": N_("to read mail"),
    "calendar": N_("to read the calendar"),
    "keep_alive": N_("to keep it alive"),
}


def open_drawer(row: TokenRow, name: str, visitor: Visitor) -> None:
    """Show the history beside the page; looking is itself written down."""
    title = visitor.t.gettext("History of {name}", name=literal(name))
    st.dialog(title, width="medium", position="right", icon=":material/history:")(_draw)(row.user_id)


def _draw(user_id: str) -> None:
    visitor = session.require()
    t = visitor.t
    with transaction(runtime.current().sessions) as db:
        found = history(db, visitor.actor, user_id, page_number("history", user_id))
    st.caption(t.gettext("Times are in {zone}. Who looks here is written down too.", zone=str(visitor.zone)))
    if not found.rows:
        st.info(t.gettext("Nothing has happened yet."), icon=":material/history:")
    for happening in found.rows:
        icon, said = _in_words(happening, t)
        moment = when(visitor, happening.at)
        st.markdown(f"{icon} {said}  \n:gray[:small[{literal(moment)}]]")
    draw_pages("history", user_id, found)


def _in_words(happening: Happening, t: Translator) -> tuple[str, str]:
    """An icon and a sentence, as Markdown."""
    if happening.source == "access":
        return ":violet[:material/visibility:]", happening_in_words(happening.what, happening.by, t)
    if happening.source == "session":
        icon = ":red[:material/error:]" if happening.failed else ":green[:material/check_circle:]"
        known = STEPS.get(happening.what) or problem_of(happening.what).title
        return icon, literal(t.gettext(known))
    icon, known = EVENTS.get(happening.what, (":gray[:material/info:]", happening.what))
    parts = (t.gettext(known), _detail(happening, t))
    return icon, literal(": ".join(filter(None, parts)))


def _detail(happening: Happening, t: Translator) -> str:
    detail = happening.detail
    if happening.what == "reconnect_required":
        short = explain(str(detail.get("reason") or ""), t, for_admin=True).short
        return " · ".join(filter(None, (short, str(detail.get("detail") or ""))))
    if happening.what == "used":
        purpose = detail.get("for")
        return t.gettext(PURPOSES[purpose]) if purpose in PURPOSES else ""
    return str(detail.get("detail") or "")

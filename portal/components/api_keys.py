"""Keys with which somebody's own programs read their mail: made, shown once, revoked."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.feedback import action, keep_feedback
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services import api_keys
from services.api_keys import Key, NewKey
from services.db.engine import transaction
from services.errors import PreferenceRefused
from services.i18n import N_

REFUSALS = {
    "no_name": N_("Give the key a name, such as the program's."),
    "name_too_long": N_("This name is too long."),
    "too_many": N_("You have as many keys as one can have. Revoke one first."),
}


def draw_keys(visitor: Visitor, keys: list[Key]) -> None:
    """One's usable keys, newest first, and making another."""
    t = visitor.t
    usable = [key for key in keys if key.revoked_at is None]
    if not usable:
        st.caption(t.gettext("You have no keys."))
    for key in usable:
        _draw_key(visitor, key)
    with st.form("new_key", border=False, clear_on_submit=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                t.gettext("Name of a new key"), key="key_name", max_chars=api_keys.NAME_LIMIT
            )
            wanted = st.form_submit_button(t.gettext("Make a key"), icon=":material/add:")
        if wanted:
            _make(visitor, name or "")


def _draw_key(visitor: Visitor, key: Key) -> None:
    t = visitor.t
    used = t.gettext("last used {when}", when=when(visitor, key.last_used_at)) if key.last_used_at else None
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(gap=None, width="content"):
            st.markdown(f"**{literal(key.name)}**")
            made = t.gettext("made {when}", when=when(visitor, key.created_at))
            st.caption(" · ".join((f"{literal(key.prefix)}…", made, used or t.gettext("never used"))))
        label = t.gettext("Revoke")
        st.button(label, key=f"revoke {key.id}", icon=":material/block:", on_click=_revoke, args=(key.id,))


def _make(visitor: Visitor, name: str) -> None:
    try:
        with transaction(runtime.current().sessions) as db:
            made = api_keys.create(db, visitor.user_id, name)
    except PreferenceRefused as exc:
        st.error(visitor.t.gettext(REFUSALS[exc.code]), icon=":material/error:")
        return
    t = visitor.t
    st.dialog(t.gettext("Your new key"), dismissible=False, icon=":material/key:")(_draw_secret)(
        visitor, made
    )


def _draw_secret(visitor: Visitor, made: NewKey) -> None:
    """The only time anybody sees it."""
    t = visitor.t
    st.markdown(t.gettext("Copy it now: it is not shown again. Whoever has it can read your mail here."))
    st.code(made.secret, language=None, wrap_lines=True)
    if st.button(t.gettext("I have copied it"), type="primary"):
        st.rerun()


@action()
def _revoke(visitor: Visitor, key_id: str) -> None:
    with transaction(runtime.current().sessions) as db:
        api_keys.revoke(db, visitor.user_id, key_id)
    keep_feedback(visitor.t.gettext("Revoked. Programs with this key are shut out at once."))

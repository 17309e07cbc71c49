"""The imported tokens that wait for an owner, and choosing one."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal import runtime
from portal.components.choice_table import draw_choice_table
from portal.components.feedback import action, keep_feedback
from portal.components.mrkdwn import literal
from portal.components.people_table import name_of
from portal.session import Visitor
from services.db.engine import transaction
from services.errors import PortalError
from services.people import Person, list_people
from services.tokens import importing
from services.tokens.importing import Waiting
from services.tokens.importing.words import problem_in_words

SHOWN = 10
REFUSED = "import_refused"


def draw_waiting(rows: tuple[Waiting, ...], visitor: Visitor) -> Waiting | None:
    """The tokens of one page; the one that is chosen."""
    return draw_choice_table(
        rows,
        name="import_waiting",
        row_id=lambda row: row.import_id,
        cells=lambda row: _cells(row, visitor),
        columns=_columns(visitor),
        alt=visitor.t.gettext("Imported tokens without an owner"),
    )


def _cells(row: Waiting, visitor: Visitor) -> dict[str, object]:
    return {
        "source": row.source,
        "owner": row.name or row.old_user_id,
        "mailbox": row.mailbox,
        "remark": visitor.t.gettext("Not {name}'s mailbox", name=row.taken_from) if row.taken_from else "",
        "can_read": row.can_read,
        "can_send": row.can_send,
        "refreshable": row.refreshable,
        "robing_id": row.robing_id or "",
        "imported_at": row.imported_at,
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    t, column = visitor.t, st.column_config
    return {
        "source": column.TextColumn(t.gettext("File"), pinned=True),
        "owner": column.TextColumn(t.gettext("Called there")),
        "mailbox": column.TextColumn(t.gettext("Mailbox")),
        "remark": column.TextColumn(t.gettext("Remark")),
        "can_read": column.CheckboxColumn(t.gettext("Can read")),
        "can_send": column.CheckboxColumn(t.gettext("Can send")),
        "refreshable": column.CheckboxColumn(t.gettext("Renewable")),
        "robing_id": column.TextColumn("robing_id"),
        "imported_at": column.DatetimeColumn(
            t.gettext("Imported"), format="YYYY-MM-DD HH:mm", timezone=str(visitor.zone), width=150
        ),
    }


def draw_owner_choice(row: Waiting, visitor: Visitor) -> None:
    """Whose it can be: somebody found by searching, a new person, or nobody."""
    t = visitor.t
    st.subheader(t.gettext("Whose is {file}?", file=literal(row.source)), anchor=False)
    if row.taken_from:
        st.caption(
            t.gettext(
                "It was imported for {name}, but Gmail says that it opens {mailbox}. So it was taken away, "
                "and nothing was read with it.",
                name=literal(row.taken_from),
                mailbox=literal(row.mailbox),
            )
        )
    text = st.text_input(
        t.gettext("Search"),
        value=row.mailbox or row.name or row.old_user_id,
        key=f"import_search {row.import_id}",
        type="search",
        placeholder=t.gettext("Name, address or Slack ID"),
    )
    with transaction(runtime.current().sessions) as db:
        found = list_people(db, visitor.actor, text or "")
    if not found.rows:
        st.caption(t.gettext("Nobody matches. Search for a part of the name."))
    for person in found.rows[:SHOWN]:
        _draw_person(row, person, visitor)
    if found.total > SHOWN:
        st.caption(t.gettext("There are more; search for more of the name."))
    _draw_others(row, visitor)


def _draw_person(row: Waiting, person: Person, visitor: Visitor) -> None:
    t = visitor.t
    refused = st.session_state.get(REFUSED) == (row.import_id, person.user_id)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        said = [literal(person.email), t.gettext("Has a connection that works.") if refused else ""]
        st.markdown(f"**{literal(name_of(person))}**  \n{' · '.join(filter(None, said))}", width="content")
        label = t.gettext("Replace it all the same") if refused else t.gettext("It is theirs")
        st.button(label, key=f"import_give {person.user_id}", on_click=_give, args=(row, person, refused))


def _draw_others(row: Waiting, visitor: Visitor) -> None:
    t = visitor.t
    with st.container(horizontal=True):
        if row.can_become_person:
            st.button(
                t.gettext("Make a new person, {name}", name=literal(row.old_user_id)),
                icon=":material/person_add:",
                on_click=_give_to_new_person,
                args=(row,),
            )
        st.button(t.gettext("Throw it away"), icon=":material/delete:", on_click=_discard, args=(row,))


@action()
def _give(visitor: Visitor, row: Waiting, person: Person, replace: bool) -> None:
    t = visitor.t
    st.session_state.pop(REFUSED, None)
    try:
        importing.assign(runtime.current(), row.import_id, person.user_id, visitor.actor, replace=replace)
    except PortalError as exc:
        if exc.code == "working_connection":
            st.session_state[REFUSED] = (row.import_id, person.user_id)
        keep_feedback(problem_in_words(exc, t), good=False)
        return
    keep_feedback(
        t.gettext("{file} is {name}'s now.", file=literal(row.source), name=literal(name_of(person)))
    )


@action()
def _give_to_new_person(visitor: Visitor, row: Waiting) -> None:
    t = visitor.t
    try:
        user_id = importing.assign_to_new_person(runtime.current(), row.import_id, visitor.actor)
    except PortalError as exc:
        keep_feedback(problem_in_words(exc, t), good=False)
        return
    keep_feedback(t.gettext("{name} is somebody here now, and has the token.", name=literal(user_id)))


@action()
def _discard(visitor: Visitor, row: Waiting) -> None:
    t = visitor.t
    try:
        importing.discard(runtime.current(), row.import_id, visitor.actor)
    except PortalError as exc:
        keep_feedback(problem_in_words(exc, t), good=False)
        return
    keep_feedback(
        t.gettext("{file} is thrown away. Importing it again brings it back.", file=literal(row.source))
    )

"""The people as a table, of which one is chosen."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal.components.choice_table import draw_choice_table
from portal.session import Visitor
from services.i18n import N_, Translator
from services.people import Person

ROLES = {"admin": N_("Administrator"), "member": N_("Member")}


def draw_table(people: tuple[Person, ...], visitor: Visitor) -> Person | None:
    """The people of one page; the one who is chosen, until others or another order are shown."""
    t = visitor.t
    return draw_choice_table(
        people,
        name="people_table",
        row_id=lambda person: person.user_id,
        cells=lambda person: _cells(person, t),
        columns=_columns(visitor),
        alt=t.gettext("People and what they may do"),
    )


def _cells(person: Person, t: Translator) -> dict[str, object]:
    return {
        "name": name_of(person),
        "email": person.email,
        "role": [t.gettext(ROLES[person.role])],
        "active": person.active,
        "slack": person.slack_user_id or "",
        "last_sign_in": person.last_sign_in,
        "created_at": person.created_at,
    }


def _columns(visitor: Visitor) -> dict[str, Any]:
    t, column = visitor.t, st.column_config

    def moment(label: str) -> Any:
        return column.DatetimeColumn(label, format="YYYY-MM-DD HH:mm", timezone=str(visitor.zone), width=150)

    return {
        "name": column.TextColumn(t.gettext("Name"), pinned=True, width=140),
        "email": column.TextColumn(t.gettext("Address")),
        "role": column.MultiselectColumn(
            t.gettext("Role"), options=[t.gettext(role) for role in ROLES.values()], color=["violet", "gray"]
        ),
        "active": column.CheckboxColumn(t.gettext("May sign in")),
        "slack": column.TextColumn("Slack"),
        "last_sign_in": moment(t.gettext("Last sign-in")),
        "created_at": moment(t.gettext("Known since")),
    }


def name_of(person: Person) -> str:
    """What to call somebody, whatever is known of them."""
    return person.name or person.email or person.user_id

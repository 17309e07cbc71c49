"""What would become of each token file, as a table."""

from __future__ import annotations

import streamlit as st

from portal.components.mrkdwn import literal
from services.i18n import Translator
from services.tokens.importing import Line, Plan
from services.tokens.importing.words import (
    notes_in_words,
    owner_in_words,
    scopes_in_words,
    verdict_in_words,
)

COLOURS = {
    "import": "green",
    "mend": "green",
    "new_person": "green",
    "park": "blue",
    "replace": "orange",
    "refused": "red",
}


def draw_plan(plan: Plan, t: Translator) -> None:
    """A row a file: whose it is, what it permits, what would happen and what is wrong."""
    st.table(
        [_cells(line, t) for line in plan.lines],
        border="horizontal",
        hide_index=True,
        alt=t.gettext("What would become of each file"),
    )


def _cells(line: Line, t: Translator) -> dict[str, str]:
    token = line.found.token
    scopes = scopes_in_words(token.scopes) if token is not None else ""
    colour = COLOURS.get(line.verdict, "gray")
    remarks = "  \n".join(literal(text) for text in (scopes, notes_in_words(line, t)) if text)
    return {
        t.gettext("File"): literal(line.found.source),
        t.gettext("Owner"): literal(owner_in_words(line.owner, t)) or _unknown(line, t),
        t.gettext("What happens"): f":{colour}[{verdict_in_words(line, t)}]",
        t.gettext("Can read"): _answer(line, line.can_read, t),
        t.gettext("Can send"): _answer(line, line.can_send, t),
        t.gettext("Renewable"): _answer(line, line.refreshable, t),
        t.gettext("Permissions and remarks"): remarks,
    }


def _unknown(line: Line, t: Translator) -> str:
    """What the document says of an owner whom nobody knows."""
    token = line.found.token
    if token is None:
        return "–"
    said = " · ".join(filter(None, (token.old_user_id, token.mailbox)))
    return t.gettext("unknown ({said})", said=literal(said)) if said else t.gettext("unknown")


def _answer(line: Line, holds: bool, t: Translator) -> str:
    if line.found.token is None:
        return "–"
    return t.gettext("yes") if holds else t.gettext("no")

"""What would become of each token file, as a table, and what is wrong with them in sentences."""

from __future__ import annotations

from typing import Any

import streamlit as st

from portal.components.mrkdwn import literal
from services.i18n import Translator
from services.tokens.importing import Line, Plan
from services.tokens.importing.words import (
    VERDICTS,
    notes_in_words,
    owner_in_words,
    scope_names,
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
    """A row a file: whose it is, what it permits and what would happen; below it what to know of each."""
    st.dataframe(
        [_cells(line, t) for line in plan.lines],
        column_config=_columns(t),
        hide_index=True,
        placeholder="–",
        alt=t.gettext("What would become of each file"),
    )
    remarks = [
        f"- **{literal(line.found.source)}**: {literal(said)}"
        for line in plan.lines
        if (said := notes_in_words(line, t))
    ]
    if remarks:
        st.markdown("\n".join(remarks))


def _cells(line: Line, t: Translator) -> dict[str, object]:
    token = line.found.token
    return {
        "file": line.found.source,
        "owner": owner_in_words(line.owner, t) or _unknown(line, t),
        "verdict": [verdict_in_words(line, t)],
        "can_read": line.can_read if token is not None else None,
        "can_send": line.can_send if token is not None else None,
        "refreshable": line.refreshable if token is not None else None,
        "scopes": scope_names(token.scopes) if token is not None else [],
    }


def _columns(t: Translator) -> dict[str, Any]:
    column = st.column_config
    return {
        "file": column.TextColumn(t.gettext("File"), pinned=True),
        "owner": column.TextColumn(t.gettext("Owner")),
        "verdict": column.MultiselectColumn(
            t.gettext("What happens"),
            options=[t.gettext(words) for words in VERDICTS.values()],
            color=[COLOURS.get(verdict, "gray") for verdict in VERDICTS],
            width=245,
        ),
        "can_read": column.CheckboxColumn(t.gettext("Can read")),
        "can_send": column.CheckboxColumn(t.gettext("Can send")),
        "refreshable": column.CheckboxColumn(t.gettext("Renewable")),
        "scopes": column.ListColumn(t.gettext("Permissions"), width="medium"),
    }


def _unknown(line: Line, t: Translator) -> str:
    """What the document says of an owner whom nobody knows."""
    token = line.found.token
    if token is None:
        return ""
    said = " · ".join(filter(None, (token.old_user_id, token.mailbox)))
    return t.gettext("unknown ({said})", said=said) if said else t.gettext("unknown")

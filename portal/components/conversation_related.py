"""Under a message: others of the same person that are close to it in meaning."""

from __future__ import annotations

import streamlit as st

from portal import runtime
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.conversations import meaning
from services.conversations.reading import Said
from services.conversations.words import excerpt

LENGTH = 160


def draw_related(visitor: Visitor, message: Said) -> None:
    """Looked for when it is opened; says which model found them."""
    t = visitor.t
    related = st.expander(
        t.gettext("Related"),
        icon=":material/hub:",
        type="compact",
        key=f"related {message.id}",
        on_change="rerun",
    )
    if not related.open:
        return
    with related:
        found = meaning.related(runtime.current(), visitor.actor, visitor.user_id, message.id)
        if found is None:
            st.caption(t.gettext("Nothing related yet."))
            return
        for one in found.messages:
            words = literal(" ".join(excerpt(one.text, one.blocks, ()))[:LENGTH])
            st.markdown(f"{words}  \n:gray[:small[{literal(when(visitor, one.said_at))}]]")
        st.caption(
            t.gettext(
                "By meaning, with the model {model} ({dimensions} dimensions).",
                model=literal(found.model),
                dimensions=found.dimensions,
            )
        )

"""A conversation with the assistant, day by day, as a chat."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from portal.components.moments import clock, day
from portal.components.mrkdwn import literal, markdown
from portal.components.slack_preview import draw_message
from portal.session import Visitor
from services.conversations.reading import Said

ASSISTANT = ":material/wb_twilight:"
PERSON = ":material/person:"
LABEL_LENGTH = 80


def draw_conversation(visitor: Visitor, said: Sequence[Said]) -> None:
    """Messages newest first under their days; of the briefings only the newest is open."""
    newest_briefing = next((one.id for one in said if one.blocks), None)
    for heading, messages in groupby(said, key=lambda one: day(visitor, one.said_at)):
        st.caption(f"**{heading[:1].upper()}{heading[1:]}**", text_alignment="center")
        for message in messages:
            is_assistant = message.role == "assistant"
            with st.chat_message(
                "assistant" if is_assistant else "user", avatar=ASSISTANT if is_assistant else PERSON
            ):
                st.caption(clock(visitor, message.said_at))
                _draw(visitor, message, opened=message.id == newest_briefing)


def _draw(visitor: Visitor, message: Said, *, opened: bool) -> None:
    content = {"text": message.text, "blocks": message.blocks}
    if not message.blocks:
        st.markdown(markdown(message.text, verbatim=False))
    elif opened:
        draw_message(content, visitor.t)
    else:
        label = literal(message.text.strip().split("\n")[0][:LABEL_LENGTH])
        folded = st.expander(label, key=f"message {message.id}", on_change="rerun")
        if folded.open:
            with folded:
                draw_message(content, visitor.t)

"""A conversation with the assistant, day by day, as a chat."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import streamlit as st

from portal import runtime
from portal.components.conversation_related import draw_related
from portal.components.conversation_words import kind_in_words
from portal.components.feedback import action, keep_feedback
from portal.components.moments import clock, day
from portal.components.mrkdwn import literal, markdown, marked
from portal.components.slack_preview import draw_message
from portal.session import Visitor
from services.conversations import embedding
from services.conversations.forgetting import delete_message
from services.conversations.reading import Said
from services.conversations.slack_address import address_of
from services.conversations.words import excerpt, stretches
from services.db.engine import transaction

ASSISTANT = ":material/wb_twilight:"
PERSON = ":material/person:"
BRIEFING = "briefing"
LABEL_LENGTH = 80


def draw_conversation(visitor: Visitor, said: Sequence[Said], words: Sequence[str] = ()) -> None:
    """Messages newest first under their days, with the words that were looked for marked.

    Of the briefings only the newest is open; where something was looked for, each shows the place.
    """
    newest_briefing = next((one.id for one in said if one.kind == BRIEFING), None)
    for heading, messages in groupby(said, key=lambda one: day(visitor, one.said_at)):
        st.caption(f"**{heading[:1].upper()}{heading[1:]}**", text_alignment="center")
        for message in messages:
            is_assistant = message.role == "assistant"
            with st.chat_message(
                "assistant" if is_assistant else "user", avatar=ASSISTANT if is_assistant else PERSON
            ):
                _draw_head(visitor, message)
                if words:
                    _draw_found(visitor, message, words)
                else:
                    _draw(visitor, message, opened=message.kind != BRIEFING or message.id == newest_briefing)
                if embedding.is_on(runtime.settings()):
                    draw_related(visitor, message)


def _draw_head(visitor: Visitor, message: Said) -> None:
    """When and what it is, and what can be done with it, behind a button."""
    t = visitor.t
    known = [clock(visitor, message.said_at)]
    known += [kind_in_words(message.kind, t)] if message.role == "assistant" else []
    known += [t.gettext("edited")] if message.edited else []
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.caption(" · ".join(known), width="content")
        more = st.popover(
            t.gettext("More"),
            type="tertiary",
            key=f"more {message.id}",
            on_change="rerun",
        )
    if more.open:
        with more:
            _draw_actions(visitor, message)


def _draw_actions(visitor: Visitor, message: Said) -> None:
    t = visitor.t
    if address := address_of(runtime.current(), message):
        st.link_button(t.gettext("Open in Slack"), address, icon=":material/open_in_new:", type="tertiary")
    st.button(
        t.gettext("Delete here"),
        icon=":material/delete:",
        type="tertiary",
        key=f"delete {message.id}",
        help=t.gettext("Slack keeps its own copy."),
        on_click=_delete,
        args=(message.id,),
    )


@action()
def _delete(visitor: Visitor, message_id: int) -> None:
    with transaction(runtime.current().sessions) as db:
        delete_message(db, visitor.actor, visitor.user_id, message_id)
    keep_feedback(visitor.t.gettext("The message is deleted here. It stays in Slack."))


def _draw(visitor: Visitor, message: Said, *, opened: bool) -> None:
    content = {"text": message.text, "blocks": message.blocks}
    if not message.blocks:
        st.markdown(markdown(message.text, verbatim=False))
    elif opened:
        draw_message(content, visitor.t)
    else:
        _draw_folded(visitor, message, literal(message.text.strip().split("\n")[0][:LABEL_LENGTH]))


def _draw_found(visitor: Visitor, message: Said, words: Sequence[str]) -> None:
    """The place in plain words; the whole message behind it where it is more than that."""
    lines = excerpt(message.text, message.blocks, words)
    st.markdown("  \n".join(marked(line, stretches(line, words)) for line in lines))
    if message.blocks:
        _draw_folded(visitor, message, visitor.t.gettext("The whole message"))


def _draw_folded(visitor: Visitor, message: Said, label: str) -> None:
    folded = st.expander(label, key=f"message {message.id}", on_change="rerun")
    if folded.open:
        with folded:
            draw_message({"text": message.text, "blocks": message.blocks}, visitor.t)

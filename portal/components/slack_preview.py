"""A Slack message as Slack will draw it, in Streamlit's own elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import streamlit as st

from portal.components.mrkdwn import literal, markdown
from services.briefing.escape import safe_url
from services.i18n import Translator

Block = Mapping[str, Any]


def draw_message(content: Mapping[str, Any], t: Translator) -> None:
    """Draw `{text, blocks}` in a bordered box; without blocks the text, as Slack does.

    Kinds of blocks that this does not know are left out. Buttons that only Slack can answer are greyed out.
    """
    with st.container(border=True, gap="xsmall"):
        blocks = content.get("blocks") or []
        if not blocks and content.get("text"):
            st.markdown(markdown(str(content["text"]), verbatim=False))
        for block in blocks:
            if draw := _DRAWN.get(block.get("type", "")):
                draw(block, t)


def _header(block: Block, t: Translator) -> None:
    st.subheader(literal(_text(block)), anchor=False)


def _section(block: Block, t: Translator) -> None:
    accessory = block.get("accessory") or {}
    if accessory.get("type") != "button":
        _section_text(block)
        return
    with st.container(horizontal=True, vertical_alignment="top"):
        with st.container(gap="small"):
            _section_text(block)
        _button(accessory, t)


def _section_text(block: Block) -> None:
    if text := block.get("text"):
        st.markdown(_object(text))
    fields = block.get("fields") or []
    for pair in zip(fields[::2], [*fields[1::2], None], strict=False):
        for column, shown in zip(st.columns(2), pair, strict=True):
            if shown:
                column.markdown(_object(shown))


def _context(block: Block, t: Translator) -> None:
    texts = [_object(element) for element in block.get("elements", []) if "text" in element]
    if texts:
        st.caption("  ".join(texts))


def _divider(block: Block, t: Translator) -> None:
    st.divider()


def _actions(block: Block, t: Translator) -> None:
    with st.container(horizontal=True):
        for element in block.get("elements", []):
            if element.get("type") == "button":
                _button(element, t)


def _button(element: Block, t: Translator) -> None:
    """A button with an address opens it; any other would ask the app through Slack."""
    label, url = literal(_text(element)), safe_url(str(element.get("url", "")))
    kind: Literal["primary", "secondary"] = "primary" if element.get("style") == "primary" else "secondary"
    if url:
        st.link_button(label, url, type=kind)
    else:
        st.link_button(label, "#", type=kind, disabled=True, help=t.gettext("Works in Slack only."))


def _object(shown: Block) -> str:
    """A text object as Markdown."""
    text = str(shown.get("text", ""))
    if shown.get("type") == "mrkdwn":
        return markdown(text, verbatim=bool(shown.get("verbatim", False)))
    return literal(text)


def _text(block: Block) -> str:
    return str((block.get("text") or {}).get("text", ""))


_DRAWN: Mapping[str, Callable[[Block, Translator], None]] = {
    "header": _header,
    "section": _section,
    "context": _context,
    "divider": _divider,
    "actions": _actions,
}

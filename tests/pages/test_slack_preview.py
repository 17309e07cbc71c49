"""The Slack preview draws each block that a briefing has, and nothing of what it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

ADDRESS = "https://portal.example/connect"
BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Go :tada: [x](y)"}, "url": ADDRESS}


SCRIPT = """
import streamlit as st
from portal.components.slack_preview import draw_message
from services.i18n import translator

draw_message(st.session_state.content, translator(st.session_state.locale))
"""


def drawn(content: dict[str, Any], locale: str = "en") -> AppTest:
    """The component alone on a page."""
    page = AppTest.from_string(SCRIPT)
    page.session_state["content"], page.session_state["locale"] = content, locale
    page.run()
    assert not page.exception
    return page


def mrkdwn(text: str, *, verbatim: bool = True) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": verbatim}


def section(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(text), **more}


def test_a_header_is_a_heading_whose_text_means_nothing() -> None:
    page = drawn({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "*Hi* :tada:"}}]})
    assert [heading.value for heading in page.subheader] == ["&#42;Hi&#42; &#58;\u2060tada&#58;"]


def test_sections_context_and_dividers_come_in_their_order() -> None:
    blocks = [
        section("*Mail*"),
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("until 9"), {"type": "image", "image_url": ADDRESS}]},
    ]
    page = drawn({"blocks": blocks})
    box = page.main.children[0]
    assert isinstance(box, Block)
    assert [element.type for element in box.children.values()] == ["markdown", "divider", "caption"]
    assert [caption.value for caption in page.caption] == ["until 9"]


def test_fields_stand_in_two_columns() -> None:
    page = drawn({"blocks": [{"type": "section", "fields": [mrkdwn("one"), mrkdwn("two"), mrkdwn("three")]}]})
    assert [[text.value for text in column.markdown] for column in page.columns] == [
        ["one"],
        ["two"],
        ["three"],
        [],
    ]


@pytest.mark.parametrize(
    "block", [section("not connected", accessory=BUTTON), {"type": "actions", "elements": [BUTTON, BUTTON]}]
)
def test_a_button_opens_its_address_and_its_label_means_nothing(block: dict[str, Any]) -> None:
    page = drawn({"blocks": [block]})
    buttons = page.get("link_button")
    assert {button.proto.url for button in buttons} == {ADDRESS}
    assert buttons[0].proto.label == "Go &#58;\u2060tada&#58; &#91;x&#93;&#40;y&#41;"


@pytest.mark.parametrize(("locale", "help_text"), [("en", "Works in Slack only."), ("ko", "Slack에서만")])
@pytest.mark.parametrize("url", ["", "javascript:alert(1)"])
def test_a_button_without_an_address_a_page_may_lead_to_is_greyed_out(
    locale: str, help_text: str, url: str
) -> None:
    page = drawn({"blocks": [{"type": "actions", "elements": [{**BUTTON, "url": url}]}]}, locale)
    (button,) = page.get("link_button")
    assert button.proto.disabled
    assert "javascript" not in button.proto.url
    assert button.proto.help.startswith(help_text)


def test_without_blocks_the_text_is_drawn() -> None:
    assert [text.value for text in drawn({"text": "*Hello*", "blocks": []}).markdown] == [
        "\u2060**\u2060Hello\u2060**\u2060"
    ]


def test_the_text_is_for_notifications_where_there_are_blocks() -> None:
    page = drawn({"text": "fallback", "blocks": [section("shown")]})
    assert [text.value for text in page.markdown] == ["shown"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "video", "title": "x"},
        {},
        {"type": "image", "image_url": ADDRESS, "alt_text": "x"},
        {"type": "section", "accessory": {"type": "overflow"}},
        {"type": "actions", "elements": [{"type": "datepicker"}]},
        {"type": "context", "elements": [{"type": "image", "image_url": ADDRESS}]},
    ],
)
def test_what_is_not_known_shows_as_nothing(block: dict[str, Any]) -> None:
    page = drawn({"blocks": [block]})
    assert not list(page.markdown)
    assert not list(page.caption)
    assert not page.get("link_button")


def test_bare_addresses_become_links_unless_the_text_is_verbatim() -> None:
    blocks = [
        {"type": "section", "text": mrkdwn("https://a.example", verbatim=verbatim)}
        for verbatim in (True, False)
    ]
    assert ["](<" in text.value for text in drawn({"blocks": blocks}).markdown] == [False, True]

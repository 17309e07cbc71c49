"""What somebody types, as Slack passes it on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.typed import typed, untyped


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("see https://mail.example/?a=1&b=2.", "see <https://mail.example/?a=1&amp;b=2>."),
        ("(https://mail.example/)", "(<https://mail.example/>)"),
        ("<https://mail.example/>", "&lt;<https://mail.example/>&gt;"),
        ("https://", "https://"),
        ("메일 보여줘", "메일 보여줘"),
    ],
)
def test_text_is_escaped_and_addresses_are_marked(text: str, sent: str) -> None:
    assert typed(text) == sent


@given(
    st.lists(st.sampled_from(["<", ">", "&", "&lt;", "https://a.example/", " ", "x", "|", "가"])).map("".join)
)
def test_it_can_be_edited_as_it_was_typed(text: str) -> None:
    assert untyped(typed(text)) == text

"""The Slack preview in a real browser: hostile texts show as themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.unit.test_portal_mrkdwn import HOSTILE

ROOT = Path(__file__).parents[2]
MEANT = "https://meant.example/?a=1&b=$2$"
SCRIPT = """
from portal.components.slack_preview import draw_message
from services.i18n import translator

blocks = {blocks!r}
draw_message({{"blocks": blocks}}, translator("en"))
"""


@pytest.fixture(scope="module")
def page_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with the component alone: every hostile text as heading, text, small print, label and button."""
    texts = [text.replace("<", "&lt;").replace(">", "&gt;") for text in HOSTILE]
    labels = [text.replace("|", "/").replace("\n", " ") for text in texts]
    blocks = [
        *({"type": "header", "text": {"type": "plain_text", "text": text}} for text in HOSTILE),
        *(_mrkdwn(text) for text in texts),
        *({"type": "context", "elements": [_mrkdwn(text)["text"]]} for text in texts),
        *(_mrkdwn(f"<{MEANT.replace('&', '&amp;')}|{label}>") for label in labels),
        {"type": "actions", "elements": [_button(text) for text in HOSTILE]},
        _mrkdwn("*오늘*, 할 일: *<https://meant.example/|링크>* 와 _기울임_ `코드 $x$ :tada:`"),
    ]
    script = tmp_path_factory.mktemp("page") / "page.py"
    script.write_text(SCRIPT.format(blocks=blocks), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    address = ("STREAMLIT_SERVER_ADDRESS", "127.0.0.1"), ("STREAMLIT_SERVER_PORT", str(port))
    environ = {**os.environ, **dict(address), "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _mrkdwn(text: str) -> dict[str, object]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


def _button(text: str) -> dict[str, object]:
    return {"type": "button", "text": {"type": "plain_text", "text": text}, "url": MEANT}


def _wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx.get(address, timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("Streamlit did not start")


def test_hostile_texts_mean_nothing(browser: Browser, page_address: str) -> None:
    page = browser.new_page()
    page.goto(page_address)
    expect(page.get_by_text("할 일")).to_be_visible(timeout=20_000)
    content = page.get_by_test_id("stMain")
    links = content.locator("a[href]")
    expect(links).to_have_count(2 * len(HOSTILE) + 1, timeout=20_000)
    hrefs = {str(links.nth(number).get_attribute("href")) for number in range(links.count())}
    assert {href.removesuffix("/") for href in hrefs} == {MEANT, "https://meant.example"}
    for meaning in (
        "img",
        ".katex",
        "script",
        "table",
        "pre",
        "ol",
        "ul",
        "input",
        "hr",
        "sup",
        "[role=img]",
    ):
        assert content.locator(meaning).count() == 0, meaning
    # Colours, badges and icons of Streamlit's directives are spans with a style.
    assert content.locator("[data-testid=stMarkdownContainer] span[style]").count() == 0
    shown = content.inner_text()
    for text in (":tada:", ":red[danger]", ":material/delete:", "$e=mc^2$", "a -> b <-> c -- d <= e", "[^1]"):
        assert text in shown.replace("\u2060", ""), text
    page.close()


def test_what_slack_formats_is_formatted_beside_korean_too(browser: Browser, page_address: str) -> None:
    page = browser.new_page()
    page.goto(page_address)
    line = page.locator("p", has_text="할 일")
    expect(line).to_be_visible(timeout=20_000)
    assert [bold.replace("\u2060", "") for bold in line.locator("strong").all_inner_texts()] == [
        "오늘",
        "링크",
    ]
    assert [text.replace("\u2060", "") for text in line.locator("em").all_inner_texts()] == ["기울임"]
    assert line.locator("code").inner_text() == "코드 $x$ :tada:"
    assert line.locator("strong a").get_attribute("href") == "https://meant.example/"
    page.close()

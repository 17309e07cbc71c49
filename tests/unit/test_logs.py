"""A wrong word in LOG_LEVEL or LOG_FORMAT costs a warning, not the start."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from services.logs import OURS, configure_logging


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    for own in OURS:
        logging.getLogger(own).setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("name", "value"), [("LOG_LEVEL", "loud"), ("LOG_LEVEL", "30"), ("LOG_FORMAT", "xml")]
)
def test_a_wrong_word_gives_way_to_the_default_with_a_warning(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    configure_logging()
    assert logging.getLogger().level == logging.INFO
    assert f"{name} is ignored" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "level"), [("debug", logging.DEBUG), ("ERROR", logging.ERROR), ("", logging.INFO)]
)
def test_a_level_is_taken_in_either_case_without_a_word(
    value: str, level: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOG_LEVEL", value)
    configure_logging()
    assert logging.getLogger("services.daily").getEffectiveLevel() == level
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("library", ["requests_oauthlib", "urllib3", "httpcore", "authlib", "asyncio"])
def test_libraries_never_write_what_they_send_and_receive(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    configure_logging()
    assert not logging.getLogger(f"{library}.anything").isEnabledFor(logging.DEBUG)

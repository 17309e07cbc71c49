"""Logs: one JSON object a line where a machine reads them, plain lines where a person does."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import AbstractContextManager
from typing import Any

import structlog

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
FORMATS = ("json", "console")
OURS = ("__main__", "portal", "scheduler", "services")


def about(**ids: str | None) -> AbstractContextManager[Any]:
    """Every line logged in here says what it is about: `run=<id> briefing=<id>`; None is left out."""
    return structlog.contextvars.bound_contextvars(**{name: id_ for name, id_ in ids.items() if id_})


def configure_logging(*, level: str | None = None) -> None:
    """structlog and the standard library's loggers to stderr; JSON unless it is a terminal.

    Only our own loggers get more talkative than INFO: the libraries' write tokens and client secrets into
    theirs. A `LOG_LEVEL` or `LOG_FORMAT` that is none gives way to the default, with a warning.
    """
    wanted_level = (level or os.environ.get("LOG_LEVEL") or "INFO").strip().upper()
    default_format = "console" if sys.stderr.isatty() else "json"
    wanted_format = (os.environ.get("LOG_FORMAT") or default_format).strip().lower()
    readable = (wanted_format if wanted_format in FORMATS else default_format) == "console"
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if readable
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    root = logging.getLogger()
    root.handlers = [handler]
    chosen = logging.getLevelNamesMapping()[wanted_level if wanted_level in LEVELS else "INFO"]
    root.setLevel(max(chosen, logging.INFO))
    for own in OURS:
        logging.getLogger(own).setLevel(chosen)
    for noisy in (
        "procrastinate",
        "apscheduler",
        "httpx",
        "googleapiclient",
        "alembic",
        "slack_sdk",
        "openai",
        "httpx2",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name, wanted, known in (("LOG_LEVEL", wanted_level, LEVELS), ("LOG_FORMAT", wanted_format, FORMATS)):
        if wanted not in known:
            logging.getLogger(__name__).warning("%s is ignored: it must be one of %s", name, " ".join(known))

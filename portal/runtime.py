"""The runtime of this process, opened when first asked for: scripts, routes and middleware share it."""

from __future__ import annotations

import atexit
import threading
from contextlib import ExitStack

from services.runtime import Runtime, open_runtime
from services.settings import Settings, load_settings

_lock = threading.Lock()
_open: list[Runtime] = []
_stack = ExitStack()


def settings() -> Settings:
    """The settings, read once. Raises SettingsError."""
    return current().settings if _open else _settings()


def current() -> Runtime:
    """The one runtime. Raises SettingsError, DatabaseUnavailable; the next call tries again."""
    with _lock:
        if not _open:
            _open.append(_stack.enter_context(open_runtime(_settings())))
            atexit.register(close)
        return _open[0]


def use(runtime: Runtime) -> None:
    """Take this runtime instead of one from the environment (tests)."""
    with _lock:
        _open[:] = [runtime]


def close() -> None:
    """Let go of the database; at exit, and when a test is done."""
    with _lock:
        _open.clear()
        _stack.close()


def _settings() -> Settings:
    return load_settings()

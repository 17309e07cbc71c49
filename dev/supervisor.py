"""Keeps the parts running: prefixed output, restarts, hot reload, an orderly end.

Not honcho's Manager, which ends everything as soon as one process ends; its printer is used.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from honcho.colour import get_colours
from honcho.printer import Message, Printer
from watchfiles import PythonFilter, watch

from dev.part import Part, Program

STOP_SECONDS = 7.0
RELOAD_SECONDS = 5.0
WATCHED_SUFFIXES = (".html", ".css", ".js", ".toml", ".svg", ".po")


class PartFailed(Exception):
    """A part ended before everything was ready."""


class Supervisor:
    """Runs programs from the thread that made it; everything else reaches that thread as an event."""

    def __init__(self, programs: Iterable[Program]) -> None:
        # Closed by our end, whatever that is; the parts end when they see it.
        self._lifeline, self._held = os.pipe()
        # Reentrant, so that signal handlers may use it.
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.parts = [Part(program, self._lifeline, self._said, self._ended) for program in programs]
        self.is_stopping = False
        self._is_ready = False
        self._reloading: dict[str, float] = {}
        self._stop_watching = threading.Event()
        self._printer = Printer(sys.stdout, width=max(len(part.program.name) for part in self.parts))
        self._colours = {
            part.program.name: next(colours) for colours in [get_colours()] for part in self.parts
        }

    def handle_signals(self) -> None:
        """Ctrl-C, SIGTERM and a closed terminal stop everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stop())

    def stop(self) -> None:
        """Let `run` and `step` end; safe from signal handlers and other threads."""
        self.is_stopping = True
        self._events.put(lambda: None)

    def start(self, names: Iterable[str]) -> None:
        """Start these parts now."""
        for part in self._named(names):
            part.start()

    def restart(self, names: Iterable[str]) -> None:
        """Start these parts again, soon; from any thread."""
        self._events.put(partial(self._reload, tuple(names)))

    def run(self) -> None:
        """Everything is ready: from now on, parts that end are started again, until `stop`."""
        self._is_ready = True
        threading.Thread(target=self._watch, daemon=True).start()
        while not self.is_stopping:
            self.step(1.0)

    def step(self, seconds: float) -> None:
        """Deal with what happens within `seconds`. Raises PartFailed before `run`."""
        until = time.monotonic() + seconds
        while not self.is_stopping and (left := until - time.monotonic()) > 0:
            self._do_what_is_due()
            self._handle_one(min(left, 0.2))

    def end(self) -> None:
        """Stop every part, kindly, then not."""
        self.is_stopping = True
        self._stop_watching.set()
        for part in self.parts:
            part.ask_to_end()
        deadline = time.monotonic() + STOP_SECONDS
        while any(part.is_running for part in self.parts):
            if time.monotonic() > deadline:
                for part in self.parts:
                    part.make_end()
            self._handle_one(0.1)

    def say(self, text: str) -> None:
        """A line of our own among the others'."""
        self._said("dev", text.encode())

    def _handle_one(self, seconds: float) -> None:
        try:
            event = self._events.get(timeout=seconds)
        except queue.Empty:
            return
        event()

    def _said(self, name: str, line: bytes) -> None:
        message = Message("line", line, datetime.now().astimezone(), name, self._colours.get(name))
        self._events.put(partial(self._printer.write, message))

    def _ended(self, part: Part, code: int) -> None:
        self._events.put(partial(self._note_end, part, code))

    def _note_end(self, part: Part, code: int) -> None:
        name = part.program.name
        pause = part.note_end(wanted=self._reloading.pop(name, None) is not None)
        if self.is_stopping:
            return
        if not self._is_ready:
            raise PartFailed(f"{name} ended with {code} before it was ready; its lines above say why.")
        self.say(
            f"{name} ended with {code}, it starts again in {pause:.0f} s" if pause else f"{name} starts again"
        )

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        for part in self.parts:
            name = part.program.name
            if self._is_ready and part.due_at is not None and part.due_at <= now:
                part.start()
            elif now > self._reloading.get(name, now):
                part.make_end()

    def _reload(self, names: tuple[str, ...]) -> None:
        """End the parts, which starts them again; those that wait to be started need not wait longer."""
        for part in self._named(names):
            if part.is_running:
                self._reloading.setdefault(part.program.name, time.monotonic() + RELOAD_SECONDS)
                part.ask_to_end()
            else:
                part.due_at = 0.0

    def _watch(self) -> None:
        folders = {path for part in self.parts for path in part.program.watched}
        kinds = PythonFilter(extra_extensions=WATCHED_SUFFIXES)
        for changes in watch(*folders, watch_filter=kinds, stop_event=self._stop_watching, debounce=400):
            files = [Path(changed) for _, changed in changes]
            names = [part.program.name for part in self.parts if part.program.is_made_of(files)]
            self.say(f"{', '.join(sorted({file.name for file in files})[:3])} changed: {', '.join(names)}")
            self.restart(names)

    def _named(self, names: Iterable[str]) -> list[Part]:
        wanted = set(names)
        return [part for part in self.parts if part.program.name in wanted]

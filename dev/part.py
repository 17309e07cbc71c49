"""One part of `make dev`: a program that is started, watched, restarted and stopped with all it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TETHER = Path(__file__).with_name("tether.py")
STEADY_SECONDS = 30.0
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    """What to run.

    `watched`: files and folders that it is started again for. `probe`: an address, 200 when ready.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str]
    watched: tuple[Path, ...] = ()
    probe: str = ""

    def is_made_of(self, files: Iterable[Path]) -> bool:
        """Whether one of the files is among the watched ones."""
        return any(file.is_relative_to(watched) for file in files for watched in self.watched)


class Part:
    """A program and its present process.

    `said(name, line)` gets its output and `ended(part, code)` its end, both from another thread.
    """

    def __init__(
        self,
        program: Program,
        lifeline: int,
        said: Callable[[str, bytes], None],
        ended: Callable[[Part, int], None],
    ) -> None:
        self.program = program
        self.due_at: float | None = 0.0  # when to start it, by the monotonic clock; None while it runs
        self._lifeline = lifeline
        self._said = said
        self._ended = ended
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = time.monotonic()
        self._failures = 0

    @property
    def is_running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it; it ends when the lifeline's other end is closed."""
        self.due_at, self._started_at = None, time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-IS", str(TETHER), str(self._lifeline), *self.program.command],
            env=dict(self.program.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self._lifeline],
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()

    def ask_to_end(self) -> None:
        self._signal(signal.SIGTERM)

    def make_end(self) -> None:
        self._signal(signal.SIGKILL)

    def note_end(self, *, wanted: bool) -> float:
        """Take note that it ended; returns in how many seconds it is to be started again.

        A part that keeps ending is started less and less often.
        """
        steady = time.monotonic() - self._started_at > STEADY_SECONDS
        self._failures = 0 if wanted or steady else self._failures + 1
        pause = 0.0 if wanted else min(2.0 ** (self._failures - 1), LONGEST_PAUSE)
        self._process, self.due_at = None, time.monotonic() + pause
        return pause

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on its lines. Its end is noticed by the process, as what it started may keep the pipe open."""
        reader = threading.Thread(target=self._pass_on, args=(process,), daemon=True)
        reader.start()
        code = process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # what it left behind
        reader.join(timeout=1)
        self._ended(self, code)

    def _pass_on(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        with process.stdout as lines:
            for line in lines:
                self._said(self.program.name, line)

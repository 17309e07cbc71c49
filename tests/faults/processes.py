"""The product's processes as the faults strike them: started, killed, frozen, and started again."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 40


@dataclass
class Part:
    """One process of the product; only what was started here is ever signalled."""

    name: str
    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it where it is not running."""
        if self.lives:
            return
        self.starts += 1
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, *self.arguments],
                cwd=ROOT,
                env=self.environ,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )

    def kill(self) -> None:
        """As the kernel does that runs out of memory."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def terminate(self) -> None:
        """As a deployment does; what does not leave in time is killed."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def freeze(self) -> None:
        if self.lives:
            psutil.Process(self._pid).suspend()

    def thaw(self) -> None:
        if self.lives:
            psutil.Process(self._pid).resume()

    @property
    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

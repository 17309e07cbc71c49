"""Ten at a time, over and over, and what that comes to in a steady stretch of time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.sandbox_process import SandboxProcess
from bench.verdict import machine_cpu

WARM_UP = 1.0  # seconds at the beginning of a round that do not count


@dataclass(frozen=True)
class Round:
    """One stretch: people served, its length, and the CPU that this process, the sandbox and others took.

    Everything but `served` is in seconds.
    """

    served: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    sandbox_cpu: float = 0.0
    others_cpu: float = 0.0

    def __add__(self, other: Round) -> Round:
        return Round(
            self.served + other.served,
            self.seconds + other.seconds,
            self.cpu + other.cpu,
            self.sandbox_cpu + other.sandbox_cpu,
            self.others_cpu + other.others_cpu,
        )

    @property
    def rate(self) -> float:
        """People a second."""
        return self.served / self.seconds

    @property
    def cpu_each(self) -> float:
        """Milliseconds of this process's CPU a person."""
        return 1000 * self.cpu / max(1, self.served)


def run_round(
    serve: Callable[[int], object], sandbox: SandboxProcess, *, concurrency: int, seconds: float
) -> Round:
    """Let `concurrency` threads call `serve` with 0, 1, 2, … for `seconds` after the warm-up."""
    stop = threading.Event()
    served = [0] * concurrency
    failures: list[Exception] = []

    def work(worker: int) -> None:
        turn = worker
        while not stop.is_set():
            try:
                serve(turn)
            except Exception as exc:  # noqa: BLE001 - told below, where the round ends
                failures.append(exc)
                stop.set()
            served[worker] += 1
            turn += concurrency

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(concurrency)]
    for thread in threads:
        thread.start()
    stop.wait(WARM_UP)
    began = _reading(served, sandbox)
    stop.wait(seconds)
    ended = _reading(served, sandbox)
    stop.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    count, length, cpu, sandbox_cpu, all_cpu = (b - a for a, b in zip(began, ended, strict=True))
    return Round(int(count), length, cpu, sandbox_cpu, max(0.0, all_cpu - cpu - sandbox_cpu))


def _reading(served: list[int], sandbox: SandboxProcess) -> tuple[float, float, float, float, float]:
    return sum(served), time.perf_counter(), time.process_time(), sandbox.cpu_seconds(), machine_cpu()

"""A first page's cost to the server, and how long a rerun takes, with many sessions open."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import psutil

from bench.servers import Server
from bench.tab import Tab, load_shell
from bench.verdict import cpu_seconds

SESSIONS = 30
RERUNS = 4  # of each session
SETTLE_SECONDS = 0.2  # for what the server does after the answer


@dataclass(frozen=True)
class FirstPage:
    """A page that is opened with one of the cookies in turn; `expected` is a text that it shows."""

    name: str
    server: Server
    cookies: Sequence[str]
    expected: str


@dataclass
class Cost:
    """What a page has come to so far, in seconds: the server's CPU, and how long each rerun took.

    `shell_cpu` is for what a browser loads before it opens the WebSocket: the same whatever the page.
    """

    sessions: int = 0
    shell_cpu: float = 0.0
    session_cpu: float = 0.0
    rerun_cpu: float = 0.0
    reruns: list[float] = field(default_factory=list)

    @property
    def cpu_a_shell(self) -> float:
        return 1000 * self.shell_cpu / self.sessions

    @property
    def cpu_a_session(self) -> float:
        return 1000 * self.session_cpu / self.sessions

    @property
    def cpu_a_rerun(self) -> float:
        return 1000 * self.rerun_cpu / len(self.reruns)

    @property
    def rerun_median(self) -> float:
        return 1000 * statistics.median(self.reruns)

    @property
    def rerun_p95(self) -> float:
        return 1000 * p95(self.reruns)


def p95(values: Sequence[float]) -> float:
    """The smallest value that at least 95% do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def warm_up(page: FirstPage) -> None:
    """Everybody's first visit, which is not counted: it remembers the sign-in, imports, fills caches."""
    for cookie in page.cookies:
        tab = Tab(page.server.url, load_shell(page.server.url, cookie), cookie)
        if not tab.shows(page.expected):
            raise RuntimeError(f"{page.name}: the page does not say {page.expected!r}")
        tab.close()


def add_round(page: FirstPage, cost: Cost) -> None:
    """Load the shell for many tabs, open them one after the other, then rerun them in turn."""
    url, process, tabs = page.server.url, page.server.process, list[Tab]()
    cookies = [page.cookies[n % len(page.cookies)] for n in range(SESSIONS)]
    try:
        began = cpu_seconds(process)
        xsrf = [load_shell(url, cookie) for cookie in cookies]
        loaded = _settled(process)
        tabs.extend(Tab(url, token, cookie) for token, cookie in zip(xsrf, cookies, strict=True))
        opened = _settled(process)
        cost.reruns += [tab.rerun() for _ in range(RERUNS) for tab in tabs]
        cost.rerun_cpu += _settled(process) - opened
        cost.session_cpu += opened - loaded
        cost.shell_cpu += loaded - began
        cost.sessions += len(tabs)
    finally:
        for tab in tabs:
            tab.close()


def _settled(process: psutil.Process) -> float:
    """Its CPU so far, what it does after the last answer included."""
    time.sleep(SETTLE_SECONDS)
    return cpu_seconds(process)

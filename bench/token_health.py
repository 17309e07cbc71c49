"""`python -m bench token_health [TOKENS]`: the health page with 100,000 tokens beside the one with 100.

The whole page as Streamlit runs it, in turns, on one embedded server; then the questions it asks of the
database, one by one. With a number of tokens (up to 1,000,000) that many are measured too, without a target.
Exits with 1 when a target is missed.
"""

from __future__ import annotations

import os
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from bench.database import running_database
from portal import runtime as portal_runtime
from services.access import Actor
from services.crypto import SecretBox
from services.db import migrate
from services.db.engine import make_engine, make_sessions, transaction
from services.delivery.slack import make_client
from services.runtime import Runtime
from services.settings import load_settings
from services.tokens import overview, trends
from services.tokens.overview import Filter

ROOT = Path(__file__).parents[1]
FEW, MANY, MOST = 100, 100_000, 1_000_000
PAGE_RATIO, COUNTS_MS = 1.5, 50.0  # the targets
TURNS = 25
ADMIN = Actor("bench", is_admin=True)
EMAIL = "admin@bench.example"
CLAIMS = {
    "is_logged_in": True,
    "iss": "https://accounts.google.com",
    "sub": "bench",
    "email": EMAIL,
    "email_verified": True,
    "name": "Bench",
    "locale": "en",
    "iat": 1_767_571_200,
    "nonce": "bench",
}

# One in twenty has no token, one in fifty must connect again, one in seventy fails, one in ten ends some day.
PEOPLE = """
INSERT INTO users (id, display_name, email, slack_user_id, locale)
SELECT 'u' || n, 'Person ' || n, 'p' || n || '@bench.example', 'U' || n, 'en' FROM generate_series(1, :n) n
"""
TOKENS = """
INSERT INTO gmail_tokens (user_id, token_data, scopes, metadata, status, status_reason, expiry,
                          refresh_token_expires_at, last_refresh_at)
SELECT 'u' || n, '{}', '["https://www.googleapis.com/auth/gmail.readonly"]',
       jsonb_build_object('email', 'p' || n || '@gmail.example'),
       CASE WHEN n % 50 = 1 THEN 'reconnect_required' WHEN n % 70 = 1 THEN 'failing' ELSE 'healthy' END,
       CASE WHEN n % 50 = 1 THEN 'revoked_or_expired' END,
       now() + (n % 120 - 60) * interval '1 minute',
       CASE WHEN n % 10 = 0 THEN now() + (n % 700) * interval '1 hour' END, now()
FROM generate_series(1, :n) n WHERE n % 20 <> 0
"""


@dataclass(frozen=True)
class Team:
    """A database with so many people; the page as it opens, and with everybody on it: 50 rows at any size."""

    size: int
    runtime: Runtime
    pages: tuple[AppTest, AppTest]

    def draw(self, page: int) -> float:
        """Run a page once more; milliseconds."""
        portal_runtime.use(self.runtime)
        began = time.perf_counter()
        self.pages[page].run()
        taken = (time.perf_counter() - began) * 1_000
        if self.pages[page].exception or not self.pages[page].dataframe:
            raise RuntimeError("the page did not draw its table")
        return taken

    def ask(self, question: Callable[[Session], object]) -> float:
        """Ask the database; milliseconds, the best of a few."""
        best = float("inf")
        for _ in range(7):
            with transaction(self.runtime.sessions) as session:
                began = time.perf_counter()
                question(session)
                best = min(best, (time.perf_counter() - began) * 1_000)
        return best


def main() -> int:
    """Run, print, and say whether the targets are met."""
    more = [min(MOST, int(number)) for number in sys.argv[1:] if number.isdecimal()]
    with ExitStack() as stack:
        server = stack.enter_context(running_database(durable=False))
        teams = [stack.enter_context(_team(server.url, server.folder, size)) for size in (FEW, MANY, *more)]
        return _measure(teams)


def _measure(teams: list[Team]) -> int:
    opened, everybody = (_best(teams, page) for page in (0, 1))
    _print_table(teams, opened, everybody)
    ratio = max(opened[1] / opened[0], everybody[1] / everybody[0])
    counts = teams[1].ask(lambda session: overview.active_counts(session))
    met = [
        _verdict(f"page at {MANY:,} in {ratio:.2f} times the time at {FEW}", PAGE_RATIO, ratio <= PAGE_RATIO),
        _verdict(f"status counts at {MANY:,} in {counts:.0f} ms", COUNTS_MS, counts <= COUNTS_MS),
    ]
    return 0 if all(met) else 1


def _best(teams: list[Team], page: int) -> list[float]:
    """The best of many turns: what others do on the machine only ever adds to it."""
    turns = [[team.draw(page) for team in teams] for _ in range(TURNS)]
    return [min(column) for column in zip(*turns, strict=True)]


def _print_table(teams: list[Team], opened: list[float], everybody: list[float]) -> None:
    print(f"{'milliseconds':<34}" + "".join(f"{team.size:>12,}" for team in teams))
    for name, pages in (("the whole page, as it opens", opened), ("the whole page, everybody", everybody)):
        print(f"  {name:<32}" + "".join(f"{taken:>12.1f}" for taken in pages))
    for name, question in _questions(teams[0].runtime).items():
        print(f"  {name:<32}" + "".join(f"{team.ask(question(team.size)):>12.1f}" for team in teams))


def _questions(runtime: Runtime) -> dict[str, Callable[[int], Callable[[Session], object]]]:
    def rows(
        asked: Filter, page: Callable[[int], int] = lambda size: 1
    ) -> Callable[[int], Callable[[Session], object]]:
        return lambda size: (
            lambda session: overview.token_health(session, runtime.settings, ADMIN, asked, page(size))
        )

    return {
        "counts by status": lambda size: overview.active_counts,
        "first page, trouble": rows(Filter(only_trouble=True)),
        "first page, everybody": rows(Filter()),
        "page in the middle": rows(Filter(), lambda size: size // 100),
        "last page": rows(Filter(), lambda size: size // 50),
        "by name": rows(Filter(sort="name")),
        "grants that end first": rows(Filter(sort="dies_at", status="expiring_soon")),
        "search": rows(Filter(text="person 77")),
        "cannot read": rows(Filter(can_read=False)),
        "grants that end in 14 days": lambda size: (
            lambda session: trends.deaths_ahead(session, runtime.settings, ADMIN)
        ),
    }


@contextmanager
def _team(server: str, folder: Path, size: int) -> Iterator[Team]:
    """A database of its own with so many people, vacuumed as it would be by itself."""
    name = f"tokens_{size}"
    conninfo = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    engine = make_engine(url)
    try:
        migrate.upgrade(engine)
        with engine.begin() as connection_:
            connection_.execute(text(PEOPLE), {"n": size})
            connection_.execute(text(TOKENS), {"n": size})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as vacuuming:
            vacuuming.execute(text("VACUUM ANALYZE"))
        runtime = _runtime(url, folder)
        yield Team(size, runtime, (_open_page(runtime), _open_page(runtime, "everybody")))
    finally:
        engine.dispose()


def _runtime(url: str, folder: Path) -> Runtime:
    key = urlsafe_b64encode(os.urandom(32)).decode()
    settings = load_settings(
        {
            "DATA_DIR": str(folder),
            "DATABASE_URL": url,
            "COOKIE_SECRET": "bench",
            "CRON_SECRET": "bench",
            "TOKEN_ENCRYPTION_KEYS": key,
            "GOOGLE_CLIENT_ID": "bench",
            "GOOGLE_CLIENT_SECRET": "bench",
            "SLACK_BOT_TOKEN": "bench",
            "ADMIN_EMAILS": EMAIL,
        },
        env_file=None,
    )
    engine = make_engine(url)
    return Runtime(
        settings=settings,
        database_url=url,
        engine=engine,
        sessions=make_sessions(engine),
        box=SecretBox.from_setting(key),
        slack=make_client("bench", "http://127.0.0.1:9/"),
    )


def _open_page(runtime: Runtime, choice: str = "") -> AppTest:
    """The page as an admin has it open, with another choice of statuses where one is named."""
    portal_runtime.use(runtime)
    page = AppTest.from_file(str(ROOT / "portal" / "main.py"), default_timeout=60)
    page.user = CLAIMS
    page.context = {"locale": "en"}
    page.run()
    page.switch_page("../pages/admin/tokens.py").run()
    if choice:
        pills: Any = page.get("button_group")[0]
        pills.set_value(choice).run()
    return page


def _verdict(found: str, target: float, met: bool) -> bool:
    print(f"  {found} (target: at most {target:g}): {'met' if met else 'MISSED'}")
    return met


if __name__ == "__main__":
    sys.exit(main())

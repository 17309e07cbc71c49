"""`python -m bench conversations`: searching one's own conversation among 1,000,000 messages.

One person with 10,000 messages in a table of just those, the same person among a million of a hundred
people, and one of those people who has 100,000; common and rare words, in turns. Exits with 1 when a target
is missed.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import psycopg
from psycopg import sql
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

from bench.database import running_database
from bench.verdict import verdict
from services.access import Actor
from services.conversations.reading import Wanted, own_messages
from services.db import migrate
from services.db.engine import make_engine, make_sessions, transaction

FEW, MANY = 10_000, 1_000_000
OF_ONE, OF_THE_BUSIEST = 10_000, 100_000
TARGET_MS, TARGET_RATIO = 20.0, 3.0
TURNS = 120
SHOWN = 21
# A word of each message of so many has it. `회` is one letter; the last is nowhere.
WORDS = {
    "in one of 5": ("회의록", 5),
    "in one of 100": ("견적서", 100),
    "in one of 2,000": ("해외출장비", 2_000),
    "two words": ("견적서 회의록", 0),
    "one letter, common": ("회", 0),
    "one letter, rare": ("뷁", 5_000),
    "English": ("invoice", 300),
    "nowhere": ("꿩대신닭", 0),
}
# Three thousand words of two or three syllables, a few of them in most messages.
_SYLLABLES = random.Random(1)
VOCABULARY = [
    "".join(chr(0xAC00 + 28 * _SYLLABLES.randrange(399)) for _ in range(_SYLLABLES.randint(2, 3)))
    for _ in range(3_000)
]
INDEX = "ix_conversation_log_grams"


def main() -> int:
    """Measure, print, and say whether the targets are met."""
    with ExitStack() as stack:
        server = stack.enter_context(running_database(durable=False))
        few = stack.enter_context(_filled(server.url, FEW))
        many = stack.enter_context(_filled(server.url, MANY))
        return _told(_measured(few, many))


def _measured(few: Engine, many: Engine) -> dict[str, list[float]]:
    """The 95th percentile of each word in milliseconds: few, many, and the busiest of the many."""
    places = ((few, "p0"), (many, "p0"), (many, "p1"))
    found = {}
    for name, (term, _) in WORDS.items():
        turns = [[_search(engine, person, term) for engine, person in places] for _ in range(TURNS)]
        found[name] = [statistics.quantiles(column, n=20)[-1] for column in zip(*turns, strict=True)]
    return found


def _search(engine: Engine, person: str, term: str) -> float:
    with transaction(make_sessions(engine)) as session:
        session.connection()
        began = time.perf_counter()
        own_messages(session, Actor(person), person, Wanted(text=term), limit=SHOWN)
        return (time.perf_counter() - began) * 1_000


def _told(found: dict[str, list[float]]) -> int:
    print(f"{'p95, milliseconds':<24}{'10,000 in all':>16}{'among 1,000,000':>18}{'100,000 of them':>18}")
    for name, (few, many, busiest) in found.items():
        print(f"  {name:<22}{few:>16.1f}{many:>18.1f}{busiest:>18.1f}")
    worst = max(max(times[1:]) for times in found.values())
    ratio = max(many / few for few, many, _ in found.values())
    met = [
        verdict(
            f"slowest p95 among {MANY:,}: {worst:.1f} ms", f"at most {TARGET_MS:g} ms", worst <= TARGET_MS
        ),
        verdict(
            f"at most {ratio:.2f} times that among {FEW:,}", f"{TARGET_RATIO:g} times", ratio <= TARGET_RATIO
        ),
    ]
    return 0 if all(met) else 1


@contextmanager
def _filled(server: str, size: int) -> Iterator[Engine]:
    """A database of so many messages, vacuumed as it would be by itself."""
    name = f"conversations_{size}"
    conninfo = make_url(server).set(drivername="postgresql")
    with psycopg.connect(conninfo.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    engine = make_engine(make_url(server).set(database=name).render_as_string(hide_password=False))
    try:
        migrate.upgrade(engine)
        _fill(conninfo.set(database=name).render_as_string(hide_password=False), size)
        yield engine
    finally:
        engine.dispose()


def _fill(conninfo: str, size: int) -> None:
    """Messages as people write them, one after the other; the index is made afterwards, which is quicker."""
    began = time.perf_counter()
    chance = random.Random(size)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("INSERT INTO users (id) SELECT 'p' || n FROM generate_series(0, 100) n")
        definition = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = %s", [INDEX]
        ).fetchone()
        connection.execute(f"DROP INDEX {INDEX}")
        columns = "user_id, channel, ts, role, kind, text, searched, said_at"
        with connection.cursor().copy(f"COPY conversation_log ({columns}) FROM STDIN") as copy:
            for number, person in enumerate(_people(size, chance)):
                said = _message(chance)
                moment = 1_700_000_000 + number * 10
                role = "user" if number % 2 else "assistant"
                at = datetime.fromtimestamp(moment, UTC)
                copy.write_row((person, f"D{person}", str(moment), role, "reply", said, said.casefold(), at))
        connection.execute(str(definition[0]) if definition else "")
        connection.execute("VACUUM ANALYZE conversation_log")
        (index_bytes,) = connection.execute("SELECT pg_relation_size(%s::regclass)", [INDEX]).fetchone() or (
            0,
        )
    print(f"  {size:,} messages in {time.perf_counter() - began:.0f} s, index {index_bytes / 2**20:.0f} MB")


def _people(size: int, chance: random.Random) -> list[str]:
    """Whose the messages are, in their order: p0 has OF_ONE, p1 the most, the others the rest."""
    if size == OF_ONE:
        return ["p0"] * size
    rest = size - OF_ONE - OF_THE_BUSIEST
    people = ["p0"] * OF_ONE + ["p1"] * OF_THE_BUSIEST + [f"p{2 + n % 98}" for n in range(rest)]
    chance.shuffle(people)
    return people


def _message(chance: random.Random) -> str:
    """Mostly a line or two; one in twenty is as long as a briefing."""
    length = chance.randint(120, 300) if chance.random() < 0.05 else chance.randint(2, 16)
    words = [VOCABULARY[min(int(chance.expovariate(0.002)), len(VOCABULARY) - 1)] for _ in range(length)]
    for term, one_of in WORDS.values():
        if one_of and chance.random() < 1 / one_of:
            words.insert(chance.randrange(len(words)), term)
    return " ".join(words)

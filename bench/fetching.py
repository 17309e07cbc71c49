"""Fetching and composing: the product against the script that Google's quickstart leads to.

Both against the same sandbox, in turns, in about a minute.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from google.oauth2.credentials import Credentials

from bench.capacity import Capacity, measure_capacity
from bench.contestants import product, quickstart
from bench.load import Round, run_round
from bench.mail import MESSAGES
from bench.people import Connected, connect_everybody
from bench.sandbox_process import SandboxProcess, running_sandbox
from bench.verdict import print_others, verdict
from services.settings import Settings, load_settings
from services.sources.gmail.fetch import fetch_mail
from services.sources.gmail.queries import GET_LIMIT
from services.tokens.google import ask_google

CONCURRENCY = 10
LATENCY_MS = 50
ROUND_TRIPS = 3  # refresh, searches, messages
IDEAL = CONCURRENCY / (ROUND_TRIPS * LATENCY_MS / 1000)
ROUNDS = 3
SECONDS = 4.0  # a round of each
A_DAY = timedelta(days=1)

FASTER, SHARE_OF_IDEAL, CPU_MS = 5.0, 0.80, 10.0  # the targets


@dataclass(frozen=True)
class Result:
    """All rounds of each added up, and what the sandbox alone can take.

    `quickstart` gets every message of the day, `ten` only as many as the product reads.
    """

    product: Round
    quickstart: Round
    ten: Round
    capacity: Capacity


def main() -> int:
    """Run, print, and return 1 when a target is missed."""
    now = datetime.now(UTC)
    with running_sandbox() as sandbox:
        settings = load_settings(sandbox.environment(), env_file=None)
        people = connect_everybody(sandbox, settings, now)
        capacity = _capacity(settings, people[0], now)
        _print_capacity(capacity)
        sandbox.set_latency(LATENCY_MS)
        rounds = _in_turns(sandbox, _contestants(settings, people, now))
    return _print_result(Result(product=rounds[0], quickstart=rounds[1], ten=rounds[2], capacity=capacity))


def _contestants(settings: Settings, people: list[Connected], now: datetime) -> list[Callable[[int], int]]:
    """The product, the quickstart over the whole day, and over as many messages as the product reads."""
    since = now - A_DAY

    def read_by(serve: Callable[[Connected], int], expected: int) -> Callable[[int], int]:
        def turn(n: int) -> int:
            read = serve(people[n % len(people)])
            if read != expected:
                raise RuntimeError(f"{read} messages were read where {expected} should have been")
            return read

        return turn

    return [
        read_by(lambda person: product(settings, person, since, now), GET_LIMIT),
        read_by(lambda person: quickstart(settings, person, since, MESSAGES), MESSAGES),
        read_by(lambda person: quickstart(settings, person, since, GET_LIMIT), GET_LIMIT),
    ]


def _capacity(settings: Settings, person: Connected, now: datetime) -> Capacity:
    token = ask_google(settings, person.token).access_token
    credentials = Credentials(token=token)  # type: ignore[no-untyped-call]
    root, owner = settings.gmail_api_url, person.email
    mail = fetch_mail(credentials, root=root, owner=owner, since=now - A_DAY, now=now)
    return measure_capacity(settings, person, token, mail, seconds=3.0)


def _in_turns(sandbox: SandboxProcess, contestants: list[Callable[[int], int]]) -> list[Round]:
    sums = [Round()] * len(contestants)
    for _ in range(ROUNDS):
        for n, serve in enumerate(contestants):
            sums[n] += run_round(serve, sandbox, concurrency=CONCURRENCY, seconds=SECONDS)
    return sums


def _print_capacity(capacity: Capacity) -> None:
    more = "so this is its limit" if capacity.saturated else "so it can take more"
    print(
        f"sandbox alone, no latency: {capacity.one:.0f} requests/s with one bare client, "
        f"{capacity.two:.0f} with two, {more}: {capacity.people:.0f} people/s"
    )


def _print_result(result: Result) -> int:
    rows = {
        f"product, {MESSAGES} new, best {GET_LIMIT} read": result.product,
        f"quickstart, {MESSAGES} new, all read": result.quickstart,
        f"quickstart, {GET_LIMIT} read": result.ten,
    }
    print(f"\n{CONCURRENCY} at a time, {LATENCY_MS} ms latency      people/s   CPU ms/person   sandbox busy")
    for name, total in rows.items():
        busy = total.sandbox_cpu / total.seconds
        print(f"  {name:<32} {total.rate:>8.1f} {total.cpu_each:>15.1f} {busy:>14.0%}")
    print()
    met = [_faster(result), _near_ideal(result), _cheap(result)]
    _print_surroundings(result)
    return 0 if all(met) else 1


def _print_surroundings(result: Result) -> None:
    spare = result.capacity.people / result.product.rate
    place = "not the bottleneck" if spare >= 1.25 else "close to being the bottleneck"
    print(f"  the sandbox can take {spare:.1f} times as much: it is {place}")
    everything = result.product + result.quickstart + result.ten
    print_others(everything.others_cpu, everything.seconds)


def _faster(result: Result) -> bool:
    ratio, like_for_like = (result.product.rate / other.rate for other in (result.quickstart, result.ten))
    most = (GET_LIMIT + 2) / ROUND_TRIPS
    met = verdict(f"{ratio:.1f} times the quickstart's rate", f"at least {FASTER:.0f}", ratio >= FASTER)
    print(f"  {like_for_like:.1f} times for as many messages, of {most:.0f} that the round trips allow")
    return met


def _near_ideal(result: Result) -> bool:
    share = result.product.rate / IDEAL
    found = f"{share:.0%} of the ideal {IDEAL:.1f} people/s"
    return verdict(found, f"at least {SHARE_OF_IDEAL:.0%}", share >= SHARE_OF_IDEAL)


def _cheap(result: Result) -> bool:
    cpu = result.product.cpu_each
    return verdict(f"{cpu:.1f} ms of CPU a person", f"at most {CPU_MS:.0f}", cpu <= CPU_MS)

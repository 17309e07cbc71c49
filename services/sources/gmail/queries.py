"""Which mail is looked at: four searches, and the choice of at most nine messages to read (pure).

Only operators that every stand-in for Gmail understands; times are epoch seconds, which know no time zone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GET_LIMIT = 9
LIST_LIMIT = 500
DETAILS_REACH = timedelta(hours=72)

LIST_UNITS = 5  # of Gmail's quota, a call
GET_UNITS = 20


@dataclass(frozen=True, slots=True)
class Queries:
    """The searches, as Gmail's `q`: `marked` and `personal` find candidates, `everything` is counted.

    `conversations` finds all mail but spam and trash, own mail too: it tells how each thread ends.
    """

    marked: str
    personal: str
    everything: str
    conversations: str


def details_since(since: datetime, now: datetime) -> datetime:
    """Where reading in full begins: at `since`, at most 72 hours back."""
    return max(since, now - DETAILS_REACH)


def inbox_queries(since: datetime, details: datetime) -> Queries:
    """The searches: inbox mail from others, candidates since `details` and everything since `since`; all
    conversations since `details`."""
    recent, all_new = (f"in:inbox after:{int(moment.timestamp())}" for moment in (details, since))
    categories = "-category:promotions -category:social -category:updates -category:forums"
    return Queries(
        marked=f"{recent} (is:important OR is:starred) -from:me",
        personal=f"{recent} to:me -from:me {categories}",
        everything=f"{all_new} -from:me",
        conversations=f"after:{int(details.timestamp())}",
    )


def candidates(marked: Sequence[str], personal: Sequence[str]) -> tuple[str, ...]:
    """Ids worth reading, best first: marked and personal, marked, personal; each newest first as listed."""
    in_both = set(personal).intersection(marked)
    first = [id_ for id_ in marked if id_ in in_both]
    return tuple(dict.fromkeys([*first, *marked, *personal]))


def choose(ranked: Sequence[str], everything: Sequence[str]) -> tuple[str, ...]:
    """At most nine ids to read: the candidates first, then what is newest of everything."""
    return tuple(dict.fromkeys([*ranked, *everything]))[:GET_LIMIT]


def settled(conversations: Iterable[tuple[str, str]], new_ids: Collection[str]) -> frozenset[str]:
    """Threads that do not end with new inbox mail from others: answered, or dealt with by archiving.

    `conversations` are (message id, thread id), newest first.
    """
    newest: dict[str, str] = {}
    for id_, thread_id in conversations:
        newest.setdefault(thread_id, id_)
    return frozenset(thread_id for thread_id, id_ in newest.items() if id_ not in new_ids)

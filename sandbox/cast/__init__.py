"""Who lives in the sandbox from the start, and the mail and appointments they have."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from sandbox.cast.appointments import appointments_for
from sandbox.cast.letters import Letter, letter_bytes
from sandbox.cast.people import CAST
from sandbox.cast.reading import letters_for
from sandbox.google.state import Google
from sandbox.incoming import header_block, receive
from sandbox.world import Person, World


def populate(world: World) -> None:
    """Let the cast move in."""
    for person in CAST:
        world.add(person)


def furnish(google: Google) -> None:
    """Give the cast their mail and appointments; in a world where nobody lives they move in first.

    Everything is dated relative to now, but written only when somebody looks: most tests look at one person.
    """
    if not google.world.people:
        populate(google.world)
    now = google.world.now()
    for person in CAST:
        if google.world.people.get(person.key) == person:
            google.unpack_when_needed(person, partial(_furnish, google, person, now))


def _furnish(google: Google, person: Person, now: datetime) -> None:
    for letter in letters_for(person, now):
        _deliver(google, person, letter, now)
    for event in appointments_for(person, now):
        google.calendar(person).add(event)


def _deliver(google: Google, person: Person, letter: Letter, now: datetime) -> None:
    raw = letter_bytes(letter, person, now)
    received_at = now - timedelta(hours=letter.hours_ago)
    message = receive(
        google.mailbox(person), lambda: raw, header_block(raw), now=now, received_at=received_at
    )
    if message is None:
        raise ValueError(f"two letters to {person.key} are the same: {letter.key}")
    labels = message.labels | ({"STARRED"} if letter.starred else set())
    message.labels = labels - ({"UNREAD"} if letter.read else set())

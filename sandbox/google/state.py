"""Everything the sandbox's Google remembers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sandbox.google.clients import Client, default_client
from sandbox.google.events import Calendar
from sandbox.google.grants import Grants
from sandbox.google.quota import Quota
from sandbox.mailboxes import Mailbox
from sandbox.world import Person, World


@dataclass(frozen=True, slots=True)
class RefreshFailure:
    """How the token endpoint refuses a person's refreshes until it is taken back."""

    error: str = "invalid_grant"
    description: str = "Token has been expired or revoked."
    subtype: str = ""
    status: int = 400


@dataclass(slots=True)
class Google:
    """Google's side of one sandbox. Mailboxes and calendars are found by the person's key."""

    world: World = field(repr=False)
    clients: dict[str, Client] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    quota: Quota = field(default_factory=Quota)
    refresh_failures: dict[str, RefreshFailure] = field(default_factory=dict)
    unticked: dict[str, frozenset[str]] = field(default_factory=dict)
    _mailboxes: dict[str, Mailbox] = field(default_factory=dict)
    _calendars: dict[str, Calendar] = field(default_factory=dict)
    _packed: dict[str, Callable[[], None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._register_default()

    def _register_default(self) -> None:
        client = default_client()
        self.clients[client.client_id] = client

    def reset(self) -> None:
        """Forget everything: grants, tokens, mail, appointments, clients registered since."""
        self.grants, self.quota = Grants(), Quota()
        kept = (self.clients, self.refresh_failures, self.unticked, self._mailboxes, self._calendars)
        self._packed.clear()
        for state in kept:
            state.clear()
        self._register_default()

    def unpack_when_needed(self, person: Person, unpack: Callable[[], None]) -> None:
        """Have `unpack` fill a person's mailbox and calendar when they are first looked at."""
        self._packed[person.key] = unpack

    def _unpack(self, person: Person) -> None:
        if unpack := self._packed.pop(person.key, None):
            unpack()

    def mailbox(self, person: Person) -> Mailbox:
        """A person's mailbox, empty where nobody filled it."""
        self._unpack(person)
        return self._mailboxes.setdefault(person.key, Mailbox(person.google_email))

    def empty_mailbox(self, person: Person) -> None:
        """Throw a person's mail away."""
        self._unpack(person)
        self._mailboxes.pop(person.key, None)

    def calendar(self, person: Person) -> Calendar:
        """A person's primary calendar, empty where nobody filled it."""
        self._unpack(person)
        return self._calendars.setdefault(person.key, Calendar(person.google_email, person.timezone))

    def empty_calendar(self, person: Person) -> None:
        """Throw a person's appointments away."""
        self._unpack(person)
        self._calendars.pop(person.key, None)

    def find_person(self, hint: str) -> Person | None:
        """By key, address or Google's account id: whatever a `login_hint` may hold."""
        by_key = self.world.people.get(hint) or self.world.by_google_email(hint)
        return by_key or next((p for p in self.world.people.values() if p.google_sub == hint), None)

"""Who lives in the sandbox. Google's side (`sandbox/google`) and Slack's side (`sandbox/slack`) each keep
their own state; this is what they share: the people, the address the sandbox is reached at, and its clock.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.model.talks import Talks

if TYPE_CHECKING:
    from sandbox.google.state import Google
    from sandbox.slack.state import Workspace


@dataclass(frozen=True, slots=True)
class Person:
    """One of the cast.

    `key` names them in URLs and tests. `google_email` is their Google account and mailbox; `slack_email`
    may differ. `slack_user_id` is empty for somebody without a Slack account. `locale` is `ko` or `en`.
    `hd` is the Google Workspace domain, empty for a private Google account.
    """

    key: str
    name: str
    google_email: str
    slack_user_id: str
    slack_email: str
    locale: str
    timezone: str
    title: str = ""
    hd: str = ""

    @property
    def google_sub(self) -> str:
        """Google's stable account id: digits, as Google has them."""
        return str(10**20 + int.from_bytes(hashlib.sha256(self.key.encode()).digest()[:8], "big"))


@dataclass(slots=True)
class World:
    """Everything alive in one sandbox process. `base_url` has no trailing slash."""

    base_url: str
    people: dict[str, Person] = field(default_factory=dict)
    skew: timedelta = timedelta(0)
    slack: Workspace | None = field(default=None, repr=False, compare=False)
    google: Google | None = field(default=None, repr=False, compare=False)
    talks: Talks = field(default_factory=Talks, repr=False, compare=False)

    def now(self) -> datetime:
        """The sandbox's clock, UTC; `skew` is set by the control API."""
        return datetime.now(UTC) + self.skew

    def add(self, person: Person) -> Person:
        """Take in one more person; the same key replaces."""
        self.people[person.key] = person
        return person

    def by_google_email(self, email: str) -> Person | None:
        return next((p for p in self.people.values() if p.google_email == email.lower()), None)

    def by_slack_id(self, slack_user_id: str) -> Person | None:
        return next((p for p in self.people.values() if p.slack_user_id == slack_user_id != ""), None)

    def by_slack_email(self, email: str) -> Person | None:
        return next(
            (p for p in self.people.values() if p.slack_user_id and p.slack_email == email.lower()), None
        )

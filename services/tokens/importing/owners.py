"""Whose an old token is: somebody known here, by an id, a Slack account, a mailbox or a file's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from services.db.models import GmailToken, User
from services.tokens.importing.shapes import OldToken


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody known here. `how` they were found: id, slack, mailbox, name."""

    user_id: str
    name: str
    how: str


class Directory:
    """The people that some old tokens may belong to; an answer only where it is one person's."""

    def __init__(self, session: Session, tokens: Iterable[OldToken]) -> None:
        self._names: dict[str, str] = {}
        self._found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for user, mailbox in session.execute(_asked(list(tokens))):
            self._note(user, mailbox)

    def _note(self, user: User, mailbox: str | None) -> None:
        self._names[user.id] = user.display_name or user.email or user.username or user.id
        keys = (
            ("id", user.id),
            ("slack", user.slack_user_id),
            ("mailbox", (user.email or "").lower()),
            ("mailbox", (mailbox or "").lower()),
            ("name", user.username),
        )
        for how, value in keys:
            if value:
                self._found[how, value].add(user.id)

    def owner_of(self, token: OldToken) -> Owner | None:
        """The one person it can be, by the first of these that is known of anybody."""
        clues = (
            ("id", token.old_user_id),
            ("slack", token.slack_user_id or ""),
            ("mailbox", token.mailbox),
            ("name", token.username),
        )
        for how, value in clues:
            people = self._found.get((how, value), set()) if value else set()
            if len(people) == 1:
                (user_id,) = people
                return Owner(user_id, self._names[user_id], how)
            if people:
                return None
        return None


def _asked(tokens: Sequence[OldToken]) -> Select[User, str]:
    ids = {token.old_user_id for token in tokens} - {""}
    slack_ids = {token.slack_user_id for token in tokens} - {None}
    mailboxes = {token.mailbox for token in tokens} - {""}
    usernames = {token.username for token in tokens} - {""}
    connected = func.lower(GmailToken.details["email"].astext)
    return (
        select(User, GmailToken.details["email"].astext)
        .outerjoin(GmailToken, GmailToken.user_id == User.id)
        .where(
            or_(
                User.id.in_(ids),
                User.slack_user_id.in_(slack_ids),
                func.lower(User.email).in_(mailboxes),
                connected.in_(mailboxes),
                User.username.in_(usernames),
            )
        )
    )

"""What would become of old tokens if they were imported now. Reads, and writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.access import Actor, admins_only
from services.db.engine import transaction
from services.db.models import GmailToken, TokenImport
from services.runtime import Runtime
from services.settings import Settings
from services.tokens.importing.documents import Found
from services.tokens.importing.owners import Directory, Owner
from services.tokens.importing.shapes import GOOGLE, OldToken
from services.tokens.scopes import READING, SENDING

BROKEN = ("reconnect_required", "not_connected")
ACTING = ("import", "mend", "replace", "new_person", "park")
SEND_PROPER = f"{GOOGLE}gmail.send"
MODIFY = f"{GOOGLE}gmail.modify"


@dataclass(frozen=True, slots=True)
class Line:
    """One document. `verdict`: what would be done with it.

    `import` (its owner has no connection), `mend` (theirs is broken), `replace` (theirs works, and replacing
    was asked for), `new_person` (its owner becomes somebody here, which was asked for), `park` (nobody is
    known to own it); and nothing with `keep` (theirs works), `known`
    (brought in before), `double` (twice here, or another one for the same owner), `refused`.
    `missing` are the scopes that briefings need and it does not have. `notes` are codes of what is worth
    knowing; `words` has the sentences.
    """

    found: Found
    verdict: str
    owner: Owner | None = None
    can_read: bool = False
    can_send: bool = False
    refreshable: bool = False
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether anything would be stored."""
        return self.verdict in ACTING


@dataclass(frozen=True, slots=True)
class Plan:
    """All documents, in the order they came."""

    lines: tuple[Line, ...]

    @property
    def acting(self) -> int:
        """How many would be stored."""
        return sum(line.acts for line in self.lines)

    @property
    def kept(self) -> int:
        """How many are left out because their owner has a connection that works."""
        return sum(line.verdict == "keep" for line in self.lines)


def dry_run(
    runtime: Runtime,
    found: Iterable[Found],
    actor: Actor,
    *,
    replace: bool = False,
    new_people: bool = False,
) -> Plan:
    """What importing these would do. Raises Forbidden.

    `replace` also replaces connections that work; `new_people` makes unknown owners people here, where a
    document says what the old system called them.
    """
    admins_only(actor)
    documents = list(found)
    tokens = [document.token for document in documents if document.token is not None]
    with transaction(runtime.sessions) as session:
        book = _Book(session, tokens, replace=replace, new_people=new_people)
    return Plan(tuple(_line(document, book, runtime.settings) for document in documents))


def refreshable(token: OldToken, settings: Settings) -> bool:
    """Whether Google would renew it: a refresh token, and the secret of the client that it was given to."""
    foreign = token.client_id not in (None, settings.google_client_id)
    return token.refresh_token is not None and (not foreign or token.client_secret is not None)


class _Book:
    """What is here already: who, their connections, and what was imported before."""

    def __init__(
        self, session: Session, tokens: Sequence[OldToken], *, replace: bool, new_people: bool
    ) -> None:
        directory = Directory(session, tokens)
        self.owners = {id(token): directory.owner_of(token) for token in tokens}
        self.replace, self.new_people = replace, new_people
        people = {owner.user_id for owner in self.owners.values() if owner is not None}
        digests = {token.digest for token in tokens}
        self.connections = {
            row.user_id: row
            for row in session.scalars(select(GmailToken).where(GmailToken.user_id.in_(people)))
        }
        self.imported = {
            row.digest: row
            for row in session.scalars(select(TokenImport).where(TokenImport.digest.in_(digests)))
        }
        self.seen: set[str] = set()
        self.served: set[str] = set()

    def verdict(self, token: OldToken, owner: Owner | None) -> str:
        """One token's, given those before it."""
        whose = owner.user_id if owner is not None else token.old_user_id if self.new_people else ""
        if token.digest in self.seen or whose in self.served:
            return "double"
        self.seen.add(token.digest)
        connection = self.connections.get(whose)
        if token.digest in self.imported and not lost(connection):
            return "known"
        if owner is None and not whose:
            return "park"
        works = connection is not None and connection.status not in BROKEN
        if works and not self.replace:
            return "keep"
        self.served.add(whose)
        if owner is None:
            return "new_person"
        return "replace" if works else "mend" if connection is not None else "import"


def lost(connection: GmailToken | None) -> bool:
    """Whether a stored token cannot be decrypted any longer: then the old document brings it back."""
    return connection is not None and connection.status_reason == "undecryptable"


def _line(document: Found, book: _Book, settings: Settings) -> Line:
    token = document.token
    if token is None:
        return Line(document, "refused")
    owner = book.owners[id(token)]
    return Line(
        document,
        book.verdict(token, owner),
        owner,
        can_read=not READING.isdisjoint(token.scopes),
        can_send=not SENDING.isdisjoint(token.scopes),
        refreshable=refreshable(token, settings),
        missing=tuple(scope for scope in settings.required_scopes if scope not in token.scopes),
        notes=tuple(_notes(token, settings)),
    )


def _notes(token: OldToken, settings: Settings) -> Iterable[str]:
    foreign = token.client_id not in (None, settings.google_client_id)
    if not set(settings.required_scopes).issubset(token.scopes):
        yield "missing_scope"
    if MODIFY in token.scopes and SEND_PROPER not in token.scopes:
        yield "modify_sends"
    if token.refresh_token is None:
        yield "no_refresh_token"
    elif foreign and token.client_secret is None:
        yield "no_client_secret"
    elif foreign:
        yield "own_client"
    elif token.client_id is None:
        yield "no_client"

"""Who asked, and saying something to them: once for each message or button, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.access import Actor
from services.assistant.from_slack.incoming import Incoming
from services.briefing.model import SlackMessage
from services.db.models import User
from services.delivery import outbox
from services.due import zone_of
from services.i18n import Translator

# Called in the transaction that ends the event: changes what is to be changed; what is said, None: nothing.
Reply = Callable[[Session], SlackMessage | None]


@dataclass(frozen=True, slots=True)
class Asker:
    """The person, their message or click, the language they are answered in, and the moment."""

    user: User
    incoming: Incoming
    t: Translator
    now: datetime

    @property
    def actor(self) -> Actor:
        """They act for themselves alone, admins too."""
        return Actor(self.user.id)

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.user.timezone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def key_of(incoming: Incoming) -> str:
    """What makes an answer the only one; of a message's buttons one counts, however often they are hit."""
    if incoming.kind == "action":
        return f"answer:{incoming.channel}:{incoming.message_ts}"
    return f"answer:{incoming.event_id}"


def say(session: Session, user_id: str, incoming: Incoming, said: SlackMessage) -> None:
    """Put the answer on its way, in the caller's transaction."""
    draft = outbox.Draft(
        user_id=user_id,
        kind="reply",
        content=asdict(said),
        dedupe_key=key_of(incoming),
        thread_ts=incoming.thread_ts,
    )
    outbox.put(session, draft)

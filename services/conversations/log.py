"""The conversation log: every message of a DM, both ways, once, as it is in Slack by now.

Whatever order things arrive in: an edit before its message waits for it, an older edit changes nothing, and
a message deleted there or here does not come back. Connect links are kept without their proof.
Writers of one channel take turns, until they commit.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Select, and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.assistant import pending
from services.conversations import outgoing
from services.conversations.words import folded, said, storable
from services.db.models import ConversationAmendment, ConversationMessage, JsonList, OutboundMessage, User
from services.people.slack_link import without_proofs


def add(
    session: Session,
    *,
    user_id: str,
    channel: str,
    ts: str,
    role: str,
    kind: str,
    text: str,
    blocks: JsonList | None = None,
    thread_ts: str | None = None,
) -> bool:
    """Store one message in the caller's transaction; False when it was there already or may not be kept.

    `role` is `user` or `assistant`; `kind` says what it was (briefing, reply, warning, request, …); `ts` is
    Slack's, and with `channel` its identity. An edit that came before it takes the place of its text.
    """
    take_turns(session, channel)
    text, blocks = without_proofs(text), without_proofs(blocks)
    amended = session.get(ConversationAmendment, (channel, ts))
    if (amended is not None and amended.deleted) or session.scalar(_is_forgotten(user_id, ts)):
        return False
    edited_ts = None
    if amended is not None:
        text, blocks, edited_ts = amended.text or "", amended.blocks, amended.edited_ts
        session.delete(amended)
    statement = (
        insert(ConversationMessage)
        .values(
            user_id=user_id,
            channel=channel,
            ts=ts,
            thread_ts=thread_ts,
            role=role,
            kind=kind,
            text=storable(text),
            blocks=blocks,
            searched=folded(said(text, blocks)),
            edited_ts=edited_ts,
            said_at=said_at(ts),
        )
        .on_conflict_do_nothing(index_elements=["channel", "ts"])
        .returning(ConversationMessage.id)
    )
    return session.scalar(statement) is not None


def edited(
    session: Session,
    *,
    channel: str,
    ts: str,
    text: str,
    blocks: JsonList | None = None,
    edited_ts: str | None = None,
) -> bool:
    """Follow an edit in Slack; whether the log has changed. One whose message is not here waits for it.

    `edited_ts` is Slack's (`message.edited.ts`): an edit older than the one shown changes nothing. Without
    it the order of arrival decides, and an edit that has it is not undone.
    """
    take_turns(session, channel)
    text, blocks = without_proofs(text), without_proofs(blocks)
    if not _exists(session, channel, ts):
        _remember(session, channel, ts, text=storable(text), blocks=blocks, edited_ts=edited_ts)
        return False
    changed = session.scalar(
        update(ConversationMessage)
        .where(
            ConversationMessage.channel == channel,
            ConversationMessage.ts == ts,
            or_(ConversationMessage.edited_ts.is_(None), ConversationMessage.edited_ts < literal(edited_ts)),
        )
        .values(
            text=storable(text),
            blocks=blocks,
            searched=folded(said(text, blocks)),
            edited_ts=edited_ts,
            embedded_as=None,
        )
        .returning(ConversationMessage.id)
    )
    return changed is not None


def deleted(session: Session, *, channel: str, ts: str) -> bool:
    """Follow a deletion: nothing of the message is kept but that it was deleted; whether it was here.

    What it asked for and still waits is withdrawn.
    """
    take_turns(session, channel)
    owner = session.scalar(
        delete(ConversationMessage)
        .where(ConversationMessage.channel == channel, ConversationMessage.ts == ts)
        .returning(ConversationMessage.user_id)
    )
    if owner is not None:
        outgoing.empty(
            session, owner, and_(OutboundMessage.channel == channel, OutboundMessage.slack_ts == ts)
        )
    pending.forget(session, pending.is_asked_with(channel, ts))
    _remember(session, channel, ts, deleted=True)
    return owner is not None


def as_it_is(session: Session, *, user_id: str | None, channel: str, ts: str, text: str) -> str | None:
    """What a message says by now that said `text`; None where it is deleted, or all that was said until then.

    `user_id` is None where its writer is not known yet. Nothing of it changes until the caller commits.
    """
    take_turns(session, channel)
    amended = session.get(ConversationAmendment, (channel, ts), populate_existing=True)
    if amended is not None and amended.deleted:
        return None
    forgotten = select(User.conversations_since >= said_at(ts)).where(User.id == user_id)
    if session.scalar(forgotten):
        return None
    if amended is not None:
        return amended.text or ""
    logged = select(ConversationMessage.text).where(
        ConversationMessage.channel == channel, ConversationMessage.ts == ts
    )
    said_now = session.scalar(logged)
    return storable(text) if said_now is None else said_now


def take_turns(session: Session, channel: str) -> None:
    """Held until the caller commits: what one writer of a channel decides, the next one sees."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"conversation {channel}", 0))))


def said_at(ts: str) -> datetime:
    """The instant of a Slack ts such as `1732150800.000100`."""
    return datetime.fromtimestamp(float(ts), UTC)


def _is_forgotten(user_id: str, ts: str) -> Select[bool]:
    """Whether this person has deleted what was said then, or keeps nothing for so long."""
    moment = said_at(ts)
    kept = func.make_interval(0, 0, 0, User.conversation_days)
    return select(
        or_(
            func.coalesce(User.conversations_since >= moment, False),
            func.coalesce(func.now() - kept > moment, False),
        )
    ).where(User.id == user_id)


def _exists(session: Session, channel: str, ts: str) -> bool:
    found = select(ConversationMessage.id).where(
        ConversationMessage.channel == channel, ConversationMessage.ts == ts
    )
    return session.scalar(found) is not None


def _remember(
    session: Session,
    channel: str,
    ts: str,
    *,
    deleted: bool = False,
    text: str | None = None,
    blocks: JsonList | None = None,
    edited_ts: str | None = None,
) -> None:
    """One line a message: a deletion is final, of two edits the later one counts."""
    line = insert(ConversationAmendment).values(
        channel=channel, ts=ts, deleted=deleted, text=text, blocks=blocks, edited_ts=edited_ts
    )
    known, new = ConversationAmendment, line.excluded
    session.execute(
        line.on_conflict_do_update(
            index_elements=["channel", "ts"],
            set_={name: new[name] for name in ("deleted", "text", "blocks", "edited_ts", "at")},
            where=or_(
                new.deleted,
                ~known.deleted & or_(known.edited_ts.is_(None), known.edited_ts < new.edited_ts),
            ),
        )
    )

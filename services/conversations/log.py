"""The conversation log: every message of a DM, both ways, once, as it is in Slack by now.

Whatever order things arrive in: an edit before its message waits for it, an older edit changes nothing, and
a message deleted there or here does not come back. Connect links are kept without their proof.
Writers of one channel take turns, until they commit.
"""

from __future__ import annotations

from sqlalchemy import and_, delete, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.assistant import pending
from services.conversations import outgoing
from services.conversations.standing import Standing, look_up, said_at, take_turns
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
    standing: Standing | None = None,
) -> bool:
    """Store one message in the caller's transaction; False when it was there already or may not be kept.

    `role` is `user` or `assistant`; `kind` says what it was (briefing, reply, warning, request, …); `ts` is
    Slack's, and with `channel` its identity. An edit that came before it takes the place of its text.
    `standing` is the message's, where the caller has looked it up in this transaction.
    """
    standing = standing or look_up(session, User.id, user_id, channel, ts)
    if not standing.may_be_kept:
        return False
    text, blocks, edited_ts = without_proofs(text), without_proofs(blocks), None
    if (amended := standing.amendment) is not None:
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

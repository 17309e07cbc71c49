"""People, the accounts they sign in with, what they want in their briefing, and who looked at what."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.db.models.base import Base, BigId, CreatedAt, Json, one_of

SECTIONS = ("calendar", "mail", "news")


class User(Base):
    """A person. `id` is a uuid for new people and the old id for imported ones.

    `slack_channel` is the id of the DM with them, once known. A sign-in issued before `signed_out_at` is
    void. Nothing said up to `conversations_since` is kept any more; `conversation_days` is how long the rest
    is, where that is shorter than the team's.
    """

    __tablename__ = "users"
    __table_args__ = (
        one_of("role", ("member", "admin")),
        Index("ix_users_email_lower", func.lower(text("email"))),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str | None] = mapped_column(unique=True)
    display_name: Mapped[str] = mapped_column(server_default="")
    email: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="ko")
    timezone: Mapped[str] = mapped_column(server_default="Asia/Seoul")
    slack_user_id: Mapped[str | None] = mapped_column(unique=True)
    slack_channel: Mapped[str | None]
    role: Mapped[str] = mapped_column(server_default="member")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    signed_out_at: Mapped[datetime | None]
    conversations_since: Mapped[datetime | None]
    conversation_days: Mapped[int | None]
    created_at: Mapped[CreatedAt]


class UserIdentity(Base):
    """A sign-in account (OIDC issuer and subject) that leads to a person."""

    __tablename__ = "user_identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    email: Mapped[str | None]
    created_at: Mapped[CreatedAt]


class BriefingSettings(Base):
    """When a person's briefing comes and what is in it. `next_due_at` is what the scheduler looks at.

    `weekdays` are ISO numbers, Monday 1 to Sunday 7. `covered_until` is the cursor: the newest message's
    time included in a sent daily or completion briefing. `holidays_of` is the country (ISO 3166) on whose
    public holidays there is none. `when_empty`: one line or nothing when there is nothing new.
    `email_fallback`: by e-mail to themselves when Slack takes it in no way.
    """

    __tablename__ = "briefing_settings"
    __table_args__ = (
        one_of("when_empty", ("line", "nothing")),
        Index("ix_briefing_settings_due", "next_due_at", postgresql_where=text("enabled")),
        CheckConstraint("weekdays <@ ARRAY[1,2,3,4,5,6,7]::smallint[]", name="weekdays"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    send_at: Mapped[time] = mapped_column(server_default=text("'09:00'"))
    weekdays: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("ARRAY[1,2,3,4,5]::smallint[]")
    )
    sections: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("ARRAY['calendar','mail','news']::text[]")
    )
    feeds: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("ARRAY[]::text[]"))
    vips: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("ARRAY[]::text[]"))
    muted: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("ARRAY[]::text[]"))
    paused_until: Mapped[date | None]
    holidays_of: Mapped[str | None]
    when_empty: Mapped[str] = mapped_column(server_default="line")
    email_fallback: Mapped[bool] = mapped_column(server_default=text("false"))
    covered_until: Mapped[datetime | None]
    next_due_at: Mapped[datetime | None]
    updated_at: Mapped[CreatedAt]


class AccessLog(Base):
    """Who did what to whose data, when and from where. Append-only: a trigger refuses anything else.

    No foreign keys: after a person's deletion only an id remains, which leads to nobody.
    """

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_at", "at"),
        Index("ix_access_log_subject_user_id_at", "subject_user_id", "at"),
        Index("ix_access_log_actor_at", "actor", "at"),
        Index("ix_access_log_action_at", "action", "at"),
    )

    id: Mapped[BigId]
    at: Mapped[CreatedAt]
    actor: Mapped[str]
    action: Mapped[str]
    subject_user_id: Mapped[str]
    source: Mapped[str] = mapped_column(server_default="")
    detail: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))

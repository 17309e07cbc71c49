"""Where a person's id is written: the columns that say whose a row is, and who did something.

A table that is new gets its line here, or a test fails; what joins two people goes by it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from services.db.models import (
    AccessLog,
    Alert,
    ApiKey,
    AuthSession,
    Briefing,
    BriefingSettings,
    BulkAction,
    BulkActionItem,
    ConversationMessage,
    GmailToken,
    OutboundMessage,
    PendingRequest,
    Preview,
    Run,
    SignIn,
    SlackLink,
    TokenEvent,
    TokenHealth,
    TokenImport,
    UserIdentity,
)

Column = InstrumentedAttribute[Any]

# Rows of a person. An attempt to connect comes first: what it brings then comes to whom it belongs by now.
OWNED: tuple[Column, ...] = (
    AuthSession.user_id,
    UserIdentity.user_id,
    SignIn.user_id,
    OutboundMessage.user_id,
    Briefing.user_id,
    ConversationMessage.user_id,
    PendingRequest.user_id,
    Preview.user_id,
    ApiKey.user_id,
    SlackLink.user_id,
    TokenImport.user_id,
    TokenEvent.user_id,
    Alert.subject,
    BulkActionItem.user_id,
)
# Who asked for something, where it is somebody: machines are named there, too.
DONE_BY: tuple[Column, ...] = (
    SlackLink.used_by,
    TokenImport.imported_by,
    BulkAction.requested_by,
    Run.requested_by,
)
# One a person, so of two people's one is kept: secrets that are bound to the id, and what was chosen.
ONE_A_PERSON: tuple[Column, ...] = (GmailToken.user_id, BriefingSettings.user_id)
# Kept by triggers, or never changed.
NOT_MOVED: tuple[Column, ...] = (TokenHealth.user_id, AccessLog.actor, AccessLog.subject_user_id)

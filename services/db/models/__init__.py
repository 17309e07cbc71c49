"""The tables. DESIGN: rows decide, jobs only carry an id; state changes are single statements."""

from services.db.models.alerts import Alert, WebhookPost
from services.db.models.assistant import PendingRequest, SlackEvent, SlackLink
from services.db.models.base import Base, Json, JsonList
from services.db.models.briefings import Briefing, BriefingEvent, Heartbeat, NewsFeed, OutboundMessage, Run
from services.db.models.conversations import ConversationAmendment, ConversationMessage
from services.db.models.health import (
    BulkAction,
    BulkActionItem,
    RequiredScopes,
    TokenHealth,
    TokenStatusDay,
)
from services.db.models.limits import RateLimit
from services.db.models.people import SECTIONS, AccessLog, BriefingSettings, User, UserIdentity
from services.db.models.portal import ApiKey, Preview, SignIn
from services.db.models.token_imports import TokenImport
from services.db.models.tokens import AuthSession, AuthSessionEvent, GmailToken, TokenEvent

__all__ = [
    "SECTIONS",
    "AccessLog",
    "Alert",
    "ApiKey",
    "AuthSession",
    "AuthSessionEvent",
    "Base",
    "Briefing",
    "BriefingEvent",
    "BriefingSettings",
    "BulkAction",
    "BulkActionItem",
    "ConversationAmendment",
    "ConversationMessage",
    "GmailToken",
    "Heartbeat",
    "Json",
    "JsonList",
    "NewsFeed",
    "OutboundMessage",
    "PendingRequest",
    "Preview",
    "RateLimit",
    "RequiredScopes",
    "Run",
    "SignIn",
    "SlackEvent",
    "SlackLink",
    "TokenEvent",
    "TokenHealth",
    "TokenImport",
    "TokenStatusDay",
    "User",
    "UserIdentity",
    "WebhookPost",
]

"""The health of the bot's own Slack token, which Slack cannot be used to tell of."""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services import heartbeat
from services.alerts import book, messages, webhook
from services.db.engine import transaction
from services.db.models import Heartbeat
from services.deferral import defer
from services.delivery import slack
from services.errors import SlackError
from services.i18n import translator
from services.runtime import Runtime

KIND, SUBJECT = "slack_bot", "slack"
CHECK = "slack_check"
EVERY = timedelta(minutes=5)
# What Slack says of a token that it will not take; anything else is a call's own trouble and passes.
REFUSED = frozenset(
    {
        "account_inactive",
        "ekm_access_denied",
        "invalid_auth",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
log = structlog.get_logger(__name__)


def start_check(session: Session) -> None:
    """Have the token tried, where that was five minutes ago or never."""
    last = session.scalar(select(func.max(Heartbeat.at)).where(Heartbeat.name.startswith(f"{CHECK}:")))
    if last is None or last < session.execute(select(func.now())).scalar_one() - EVERY:
        heartbeat.beat(session, CHECK)
        defer(session, "check_slack", SUBJECT)


def check(runtime: Runtime) -> None:
    """Ask Slack whether it takes the token; open the alert and sound the alarm, or end both."""
    try:
        slack.check_token(runtime.slack)
    except SlackError as exc:
        if exc.code in REFUSED:
            _refused(runtime, exc.code)
        else:
            log.warning("slack_not_checked", error=exc.code)
        return
    with transaction(runtime.sessions) as session:
        for alert_id in book.resolve(session, SUBJECT, KIND):
            text = messages.bot_works_again(translator(runtime.settings.default_locale))
            webhook.put(session, runtime.settings, book.over_key(alert_id), text)


def refusal(session: Session) -> str | None:
    """Slack's word for why it does not take the token; None where it does, as far as is known."""
    alert = book.read_open(session, KIND, SUBJECT)
    return alert.reason if alert is not None else None


def _refused(runtime: Runtime, code: str) -> None:
    with transaction(runtime.sessions) as session:
        book.open_alert(session, KIND, SUBJECT, code)
        alert = book.read_open(session, KIND, SUBJECT)
        if alert is not None and book.mark_notified(session, alert.id):
            log.error("slack_refuses_the_bot", error=code)
            text = messages.bot_alarm(code, translator(runtime.settings.default_locale))
            webhook.put(session, runtime.settings, f"{alert.id}:opened", text)

"""What became of a briefing, in words: on its way, sent, or why not."""

from __future__ import annotations

import streamlit as st

from portal.components.links import page_button
from portal.components.moments import when
from portal.session import Visitor
from services.i18n import N_, Translator
from services.previews import Delivery
from services.standing import LastBriefing

ON_THE_WAY = {
    "due": N_("Your briefing is in the queue."),
    "claimed": N_("Your mail, calendar and news are being read."),
    "composed": N_("Your briefing is written and goes to Slack now."),
    "sending": N_("Your briefing is on its way to Slack."),
    "retry_wait": N_("That did not work at once. It is tried again by itself."),
}
WHY = {
    "not_on_slack": N_(
        "No Slack account has your e-mail address. Sign in with Slack, or ask the team's admin to "
        "choose yours under “People”."
    ),
    "user_not_found": N_("Slack does not know your account any longer. Please ask the team's admin."),
    "user_disabled": N_("Your Slack account is switched off. Please ask the team's admin."),
    "is_archived": N_("Slack does not let the app write to you. Please ask the team's admin."),
    "messages_tab_disabled": N_("Slack does not let the app write to you. Please ask the team's admin."),
    "not_wanted": N_("You have chosen to get none that day."),
    "superseded": N_("The next one was due by then."),
    "too_late": N_("It did not get through in time. Send it again."),
    "rate_limited": N_("Slack asks us to wait a moment; it is sent by itself after that."),
    "unreachable": N_("Slack cannot be reached at the moment; it is tried again by itself."),
    "no_answer": N_("Slack did not answer. We look whether it has arrived before anything is sent again."),
    "database_unavailable": N_("The portal could not reach its database. It is tried again by itself."),
    "account_inactive": N_("Slack does not accept the app any longer. Please tell the team's admin."),
    "invalid_auth": N_("Slack does not accept the app any longer. Please tell the team's admin."),
    "not_authed": N_("Slack does not accept the app any longer. Please tell the team's admin."),
    "token_revoked": N_("Slack does not accept the app any longer. Please tell the team's admin."),
}
PARTIAL = N_("Your last briefing went out {when}; something was missing in it.")
SENT = N_("Your last briefing went out {when}.")
SKIPPED = N_("There was no briefing {when}.")
NOT_SENT = N_("The briefing of {when} did not go out.")


def reason(code: str | None, t: Translator) -> str:
    """Why, and what to do; the machine name where there are no words for it."""
    if not code:
        return ""
    if code in WHY:
        return t.gettext(WHY[code])
    return t.gettext("If it stays so, tell the team's admin this word: {code}", code=f"`{code}`")


def draw_delivery(visitor: Visitor, delivery: Delivery) -> None:
    """A briefing that was asked for just now, as it goes on."""
    t = visitor.t
    if delivery.status == "sent":
        st.success(
            t.gettext("You find it in your direct messages with the app."),
            title=t.gettext("Sent to Slack"),
            icon=":material/check_circle:",
        )
        page_button(t.gettext("Show it here"), "conversations.py", icon="forum")
    elif delivery.finished:
        st.error(
            reason(delivery.error, t) or t.gettext("Send it again."),
            title=t.gettext("The briefing was not sent"),
            icon=":material/error:",
        )
    else:
        said = t.gettext(ON_THE_WAY[delivery.status])
        st.info(" ".join(filter(None, (said, reason(delivery.error, t)))), icon=":material/hourglass_top:")


def last_briefing(visitor: Visitor, last: LastBriefing) -> str:
    """One sentence on the newest briefing, with a badge before it."""
    t = visitor.t
    badge, said = _verdict(last, t)
    moment = when(visitor, last.sent_at or last.due_at)
    sentences = (t.gettext(said, when=moment), "" if last.status == "sent" else reason(last.error, t))
    return " ".join(filter(None, (badge, *sentences)))


def _verdict(last: LastBriefing, t: Translator) -> tuple[str, str]:
    """A badge, and the message id of the sentence after it."""
    if last.status == "sent" and last.completeness == "partial":
        return _badge("orange", "rule", t.gettext("Partial")), PARTIAL
    if last.status == "sent":
        return _badge("green", "check", t.gettext("Sent")), SENT
    if last.status in ON_THE_WAY:
        return _badge("blue", "hourglass_top", t.gettext("On its way")), ON_THE_WAY[last.status]
    if last.status == "skipped":
        return _badge("gray", "skip_next", t.gettext("Skipped")), SKIPPED
    return _badge("red", "error", t.gettext("Not sent")), NOT_SENT


def _badge(color: str, icon: str, label: str) -> str:
    return f":{color}-badge[:material/{icon}: {label}]"

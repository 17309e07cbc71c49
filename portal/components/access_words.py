"""What the access log's machine names mean, and who is behind an actor that is no person."""

from __future__ import annotations

from portal.components.mrkdwn import literal
from services import audit
from services.i18n import N_, Translator

ACTIONS = {
    "view_token": N_("Looked at the connection's history"),
    "view_auth_session": N_("Looked at an attempt to connect"),
    "expire_auth_session": N_("Ended an attempt to connect"),
    "complete_auth_session": N_("Completed an attempt to connect by hand"),
    "refresh_token": N_("Refreshed the token"),
    "send_link": N_("Sent the reconnect link"),
    "disconnect": N_("Disconnected Gmail"),
    "set_robing_id": N_("Changed the robing_id"),
    "map_to_slack": N_("Chose the Slack account"),
    "retry_briefing": N_("Tried a briefing again"),
    "import_token": N_("Imported a token"),
    "wrong_mailbox": N_("Took an imported token away: it opens another mailbox"),
    "discard_import": N_("Discarded an imported token"),
    "use_token": N_("Used the token"),
    "read_mail": N_("Read mail with a key"),
    "export_tokens": N_("Exported the health page, without secrets"),
    "export_access_log": N_("Exported the access log"),
    "set_role:admin": N_("Made somebody admin"),
    "set_role:member": N_("Took the admin role"),
    "activate": N_("Let in again"),
    "deactivate": N_("Switched off access"),
    "delete_person": N_("Deleted the account"),
    "joined": N_("Joined two accounts into one"),
    "bulk:refresh": N_("Began to refresh many tokens"),
    "bulk:send_link": N_("Began to send many reconnect links"),
    "bulk:disconnect": N_("Began to disconnect many"),
    "bulk:map_to_slack": N_("Began to look for many Slack accounts"),
    "bulk:set_robing_id": N_("Began to change many robing_ids"),
}
MACHINES = {
    "system:api": N_("A program with CRON_SECRET"),
    "system:import": N_("The import on the server"),
}


def action_in_words(action: str, t: Translator) -> str:
    """What was done; the machine name where there are no words for it."""
    return t.gettext(ACTIONS[action]) if action in ACTIONS else action


def actor_in_words(entry: audit.Entry, t: Translator) -> str:
    """Who did it, as plain text."""
    if entry.actor in MACHINES:
        return t.gettext(MACHINES[entry.actor])
    return entry.actor_name or entry.actor


def subject_in_words(entry: audit.Entry, t: Translator) -> str:
    """Whose data it was, as plain text."""
    if entry.subject == audit.EVERYBODY:
        return t.gettext("Everybody")
    return entry.subject_name or entry.subject


def happening_in_words(what: str, by: str, t: Translator) -> str:
    """An entry of somebody's history: what was done and by whom, as Markdown."""
    who = t.gettext(MACHINES[by]) if by in MACHINES else by
    return " · ".join(filter(None, (literal(action_in_words(what, t)), literal(who))))

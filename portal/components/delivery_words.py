"""What became of a briefing and why, as admins read it: outcomes, kinds, steps, reasons."""

from __future__ import annotations

from portal.components.badge import Status
from services.briefing.missing import in_short
from services.briefing.model import Missing
from services.db.models import JsonList
from services.delivery.overview import Line
from services.i18n import N_, Translator

# As bars and badges show them: what went well first.
OUTCOMES = {
    "on_time": Status(N_("On time"), "green", ":material/check_circle:"),
    "late": Status(N_("Late"), "yellow", ":material/schedule:"),
    "partial": Status(N_("Partial"), "orange", ":material/rule:"),
    "failed": Status(N_("Failed"), "red", ":material/error:"),
    "missed": Status(N_("Missed"), "red", ":material/event_busy:"),
    "skipped": Status(N_("Skipped"), "gray", ":material/skip_next:"),
    "open": Status(N_("On its way"), "blue", ":material/hourglass_top:"),
}
KINDS = {
    "daily": N_("Daily"),
    "completion": N_("Completion"),
    "manual": N_("By hand"),
}
STEPS = {
    "due": N_("Opened"),
    "claimed": N_("A worker reads mail, calendar and news"),
    "composed": N_("Written"),
    "sending": N_("Handed over to be sent at its time"),
    "posted": N_("Posted to Slack"),
    "put_off": N_("Slack did not take it; posted again later"),
    "unclear": N_("No clear answer from Slack; looked for there before anything is posted again"),
    "retry_wait": N_("Put off: composed again later"),
    "sent": N_("Sent"),
    "failed": N_("Failed"),
    "missed": N_("Missed"),
    "skipped": N_("Skipped"),
}
_BOT = N_("Slack does not accept the app's token any longer. Install the app anew in Slack.")
_NO_DM = N_("Slack does not let the app write to this person.")
WHY = {
    "superseded": N_("Found too late: the next one was due by then."),
    "not_wanted": N_("They have chosen to get none that day, after its time had come."),
    "nothing_new": N_("There was nothing new, and they have chosen to get none then."),
    "not_on_slack": N_("No Slack account is known for them. Choose one under “People”."),
    "user_not_found": N_("Slack does not know their account any longer."),
    "user_disabled": N_("Their Slack account is switched off."),
    "channel_not_found": N_("Slack does not know the direct message any longer."),
    "is_archived": _NO_DM,
    "messages_tab_disabled": _NO_DM,
    "rate_limited": N_("Slack or Google asked us to wait."),
    "unreachable": N_("Slack could not be reached."),
    "no_answer": N_("Slack gave no answer."),
    "history_too_long": N_("Slack gave no answer, and the history is too long to look it up."),
    "unavailable": N_("A source did not answer."),
    "database_unavailable": N_("The database could not be reached."),
    "internal": N_("A fault of the portal's; the log has it by the briefing's id."),
    "account_inactive": _BOT,
    "invalid_auth": _BOT,
    "not_authed": _BOT,
    "token_revoked": _BOT,
}
_TOO_LATE = {
    "missed": N_("Found too late to be worth sending: nothing ran when it was due."),
    "failed": N_("It did not get through before its deadline."),
}


def outcome_label(outcome: str, t: Translator) -> str:
    """What became of it, in a word or two; an unknown outcome as it is."""
    known = OUTCOMES.get(outcome)
    return t.gettext(known.label) if known else outcome


def badge(outcome: str, text: str) -> str:
    """A badge in the outcome's colour, as Markdown; the text is ours."""
    known = OUTCOMES[outcome]
    return f":{known.colour}-badge[{known.icon} {text}]"


def why(line: Line, t: Translator) -> str:
    """Why it failed, was missed, or lacks something, as plain text; empty where all is well."""
    lacks = lack(line.missing, t) if line.outcome in {"partial", "late"} else ""
    said = reason_in_words(line.error, line.outcome, t) if line.outcome not in {"on_time", "late"} else ""
    return " ".join(filter(None, (said, lacks)))


def lack(missing: JsonList, t: Translator) -> str:
    """What was not to be had, and why."""
    return " ".join(in_short(Missing(one["source"], one["reason"]), t) for one in missing)


def reason_in_words(code: str | None, outcome: str, t: Translator) -> str:
    """The words for a code; the code itself where there are none."""
    if not code:
        return ""
    said = _TOO_LATE.get(outcome) if code == "too_late" else WHY.get(code)
    return t.gettext(said) if said else t.gettext("Reason: {code}", code=code)

"""Why a section is missing and what mends it, as sentences and a button.

The reasons are the `code`s of `services/errors.py` and of Google's refusals, and the token status reasons,
which `services.tokens.reasons` puts into words. The sentences put the service's name where Korean needs no
particle that depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from urllib.parse import quote

from services.briefing.escape import literal
from services.briefing.model import Missing
from services.i18n import N_, Translator
from services.tokens import reasons

SERVICES = {"mail": N_("Gmail"), "calendar": N_("Google Calendar"), "news": N_("the news feeds")}

_SILENT = N_("There was no answer from {service} this time.")
_REFUSED = N_("The request to {service} was refused.")
_APP_OFF = N_("This app may not use {service}: its Google project has it turned off.")

# The connection itself: `services.tokens.reasons` says what happened and what to do, here is the button.
CONNECTION = {
    "not_connected": "connect",
    "revoked_or_expired": "reconnect",
    "no_refresh_token": "reconnect",
    "undecryptable": "reconnect",
    "client_changed": "reconnect",
    "invalid_rapt": "sign_in_again",
    "missing_scope": "grant",
    "admin_policy": "ask_admin",
}
_SAME_AS = {
    "reconnect_required": "revoked_or_expired",
    "unauthorized": "revoked_or_expired",
    "domainPolicy": "admin_policy",
}
_SCOPES = {"mail": "gmail.readonly", "calendar": "calendar.readonly"}

# One call or service: what happened, and what mends it.
REASONS = {
    "unavailable": (_SILENT, "wait"),
    "rate_limited": (N_("Too many requests came together, so {service} could not be read."), "wait"),
    "refresh_busy": (_SILENT, "wait"),
    "refresh_failed": (_SILENT, "wait"),
    "refused": (_REFUSED, "check"),
    "not_found": (_REFUSED, "check"),
    "failedPrecondition": (N_("{service} is not turned on for this Google account."), "check"),
    "accessNotConfigured": (_APP_OFF, "report"),
    "SERVICE_DISABLED": (_APP_OFF, "report"),
}
_OTHERWISE = (N_("Something unexpected kept us from reading {service}."), "report")
SENTENCE = 400
_NAMELESS = frozenset({"", "failed", "error", "source"})

# The button's text, and where it leads: `connect` in the portal, `open` the service itself.
BUTTONS = {
    "connect": (N_("Connect"), "connect"),
    "reconnect": (N_("Reconnect Gmail"), "connect"),
    "sign_in_again": (N_("Connect again"), "connect"),
    "grant": (N_("Give permission"), "connect"),
    "wait": (N_("Open {service}"), "open"),
    "check": (N_("Look at the connection"), "connect"),
}
# What to do, besides what is said of a connection.
CURES = {
    "connect": N_("Connect once, and it is part of every briefing."),
    "reconnect": N_("Connect again to have it back. It takes a minute."),
    "wait": N_("This passes by itself; there is nothing you need to do."),
    "check": N_("Please look at your connection."),
    "report": N_("Should it stay like this, please tell your administrator."),
}
_PLACES = {
    "mail": "https://mail.google.com/mail/u/?authuser={account}",
    "calendar": "https://calendar.google.com/calendar/r?authuser={account}",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened and what to do, as mrkdwn; `button` is empty where there is nothing to press."""

    happened: str
    cure: str
    button: str = ""
    url: str = ""
    action_id: str = ""


def by_cause(missing: Sequence[Missing]) -> list[tuple[Missing, ...]]:
    """What is missing, together where one cure mends it: mail and calendar share their connection."""
    causes: dict[tuple[str, str], tuple[Missing, ...]] = {}
    for one in missing:
        shared = one.source != "news" and cure_of(one) != "wait"
        cause = (one.reason, cure_of(one)) if shared else (one.source, "")
        causes[cause] = (*causes.get(cause, ()), one)
    return list(causes.values())


def explain(missing: Sequence[Missing], t: Translator, *, portal_url: str, account_email: str) -> Explanation:
    """The reader's sentences for what is missing for one cause; unknown reasons are told as what they are."""
    first, services = missing[0], _services(missing, t)
    happened, cure = _connection(missing, services, t) or _call(first, services, t)
    button, leads_to = BUTTONS.get(cure_of(first), ("", ""))
    url = _url(leads_to, first.source, portal_url, account_email)
    if not url:
        return Explanation(happened, cure)
    action_id = f"{leads_to}_{first.source}"
    return Explanation(happened, cure, t.gettext(button, service=services), url, action_id)


def in_short(missing: Missing, t: Translator) -> str:
    """Why a section was missing, in a few words for a table, to whoever may know whose it was."""
    services = _services([missing], t)
    reason = _reason(missing)
    if reason not in CONNECTION:
        return _call(missing, services, t)[0]
    scopes = [_SCOPES[missing.source]] if missing.source in _SCOPES else []
    said = reasons.explain(reason, t, for_admin=True, missing=scopes)
    return t.gettext("{service}: {reason}", service=services, reason=said.short)


def cure_of(missing: Missing) -> str:
    """What mends it: `ask_admin`, or a key of CURES or BUTTONS."""
    reason = _reason(missing)
    if reason in CONNECTION:
        return CONNECTION[reason]
    if reason not in REASONS and missing.cure in CURES:
        return missing.cure
    _, cure = REASONS.get(reason, _OTHERWISE)
    return cure


def _connection(missing: Sequence[Missing], services: str, t: Translator) -> tuple[str, str] | None:
    """What happened to the connection and what mends it; None where it is about a call."""
    reason = _reason(missing[0])
    if reason not in CONNECTION:
        return None
    scopes = [_SCOPES[one.source] for one in missing if one.source in _SCOPES]
    said = reasons.explain(reason, t, for_admin=False, missing=scopes)
    not_read = t.gettext("Not read: {services}.", services=services)
    return f"{not_read} {literal(said.happened, SENTENCE)}", literal(said.cure, SENTENCE)


def _call(missing: Missing, services: str, t: Translator) -> tuple[str, str]:
    happened, _ = REASONS.get(missing.reason, _OTHERWISE)
    sentence = t.gettext(happened, service=services)
    if missing.reason not in REASONS and missing.reason not in _NAMELESS:
        sentence += " " + t.gettext("(error: {name})", name=literal(missing.reason, 40))
    return sentence, t.gettext(CURES[cure_of(missing)])


def _reason(missing: Missing) -> str:
    return _SAME_AS.get(missing.reason, missing.reason)


def _services(missing: Sequence[Missing], t: Translator) -> str:
    named = [t.gettext(SERVICES[source]) for source in SERVICES if source in {one.source for one in missing}]
    return reduce(lambda one, other: t.gettext("{one} and {other}", one=one, other=other), named)


def _url(leads_to: str, source: str, portal_url: str, account_email: str) -> str:
    if leads_to == "connect" and source != "news":
        return f"{portal_url}/connect"
    if leads_to == "open" and source in _PLACES:
        return _PLACES[source].format(account=quote(account_email, safe="", errors="replace"))
    return ""

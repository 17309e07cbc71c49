"""Why a section is missing and what mends it, as sentences and a button.

The reasons are the `code`s of `services/errors.py` and of Google's refusals, and the token status reasons.
The sentences put the service's name where Korean needs no particle that depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from urllib.parse import quote

from services.briefing.escape import literal
from services.briefing.model import Missing
from services.i18n import N_, Translator

SERVICES = {"mail": N_("Gmail"), "calendar": N_("Google Calendar"), "news": N_("the news feeds")}

_ENDED = N_("The connection to {service} has ended, so nothing could be read.")
_BLOCKED = N_("Your organisation's Google settings keep this app out of {service}.")
_SILENT = N_("There was no answer from {service} this time.")
_REFUSED = N_("The request to {service} was refused.")
_APP_OFF = N_("This app may not use {service}: its Google project has it turned off.")

# What happened, and what mends it.
REASONS = {
    "not_connected": (N_("There is no connection to {service} yet."), "connect"),
    "reconnect_required": (_ENDED, "reconnect"),
    "revoked_or_expired": (_ENDED, "reconnect"),
    "unauthorized": (_ENDED, "reconnect"),
    "no_refresh_token": (_ENDED, "reconnect"),
    "undecryptable": (N_("The stored connection to {service} can no longer be opened."), "reconnect"),
    "client_changed": (
        N_("This app was registered anew with Google, which ended the connection to {service}."),
        "reconnect",
    ),
    "invalid_rapt": (
        N_("Your organisation asks you to sign in to Google again before {service} can be read."),
        "sign_in_again",
    ),
    "missing_scope": (N_("Permission to read {service} was not given."), "grant"),
    "admin_policy": (_BLOCKED, "ask_admin"),
    "domainPolicy": (_BLOCKED, "ask_admin"),
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
_NAMELESS = frozenset({"", "failed", "error", "source"})

# What to do, the button's text, and where it leads: `connect` in the portal, `open` the service itself.
CURES = {
    "connect": (N_("Connect once, and it is part of every briefing."), N_("Connect"), "connect"),
    "reconnect": (N_("Connect again to have it back. It takes a minute."), N_("Connect again"), "connect"),
    "sign_in_again": (
        N_("Should this come back every day, ask your Google administrator about re-authentication."),
        N_("Connect again"),
        "connect",
    ),
    "grant": (
        N_("Connect again and leave the box for reading ticked."),
        N_("Give permission"),
        "connect",
    ),
    "ask_admin": (N_("Only your Google administrator can allow it. Please ask them."), "", ""),
    "wait": (N_("This passes by itself; there is nothing you need to do."), N_("Open {service}"), "open"),
    "check": (N_("Please look at your connection."), N_("Look at the connection"), "connect"),
    "report": (N_("Should it stay like this, please tell your administrator."), "", ""),
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
    first = missing[0]
    happened, _ = REASONS.get(first.reason, _OTHERWISE)
    cure, button, leads_to = CURES[cure_of(first)]
    services = _services(missing, t)
    sentence = t.gettext(happened, service=services)
    if first.reason not in REASONS and first.reason not in _NAMELESS:
        sentence += " " + t.gettext("(error: {name})", name=literal(first.reason, 40))
    url = _url(leads_to, first.source, portal_url, account_email)
    if not url:
        return Explanation(sentence, t.gettext(cure))
    action_id = f"{leads_to}_{first.source}"
    return Explanation(sentence, t.gettext(cure), t.gettext(button, service=services), url, action_id)


def cure_of(missing: Missing) -> str:
    """What mends it: a key of CURES."""
    if missing.reason not in REASONS and missing.cure in CURES:
        return missing.cure
    _, cure = REASONS.get(missing.reason, _OTHERWISE)
    return cure


def _services(missing: Sequence[Missing], t: Translator) -> str:
    named = [t.gettext(SERVICES[source]) for source in SERVICES if source in {one.source for one in missing}]
    return reduce(lambda one, other: t.gettext("{one} and {other}", one=one, other=other), named)


def _url(leads_to: str, source: str, portal_url: str, account_email: str) -> str:
    if leads_to == "connect" and source != "news":
        return f"{portal_url}/connect"
    if leads_to == "open" and source in _PLACES:
        return _PLACES[source].format(account=quote(account_email, safe="", errors="replace"))
    return ""

"""Why connecting Gmail did not end well: what happened, and what to click next."""

from __future__ import annotations

import re
from dataclasses import dataclass

import streamlit as st

from portal.components.links import connect_path, same_tab_button
from portal.components.mrkdwn import literal
from services.connect.timeline import Attempt
from services.i18n import N_, Translator

CODE = re.compile(r"[A-Za-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Problem:
    """Message ids: what happened, as a headline, and what to do."""

    title: str
    next_step: str


_AGAIN = N_("Click “Connect Gmail” to start again.")
_ADMIN = N_("Only your Google administrator can allow it. Please ask them, then connect again.")
_REGISTRATION = N_("Please tell the team's admin: the portal's registration with Google must be looked at.")

PROBLEMS = {
    "unknown_state": Problem(N_("This link from Google is not known here"), _AGAIN),
    "foreign_browser": Problem(
        N_("The answer from Google came in another browser than the one you started in"),
        N_("Start and finish in the same browser, signed in as yourself: click “Connect Gmail” here."),
    ),
    "state_used": Problem(
        N_("This link from Google has been used already"),
        N_("If Gmail is shown as connected here, all is well. Otherwise click “Connect Gmail” again."),
    ),
    "expired": Problem(
        N_("More than ten minutes passed at Google"),
        N_("For your safety the link has ended. Click “Connect Gmail” to start again."),
    ),
    "expired_by_admin": Problem(N_("An admin ended this attempt"), _AGAIN),
    "access_denied": Problem(
        N_("You said no at Google"),
        N_("Nothing was connected. Whenever you like, click “Connect Gmail” and choose “Continue”."),
    ),
    "missing_scope": Problem(
        N_("The box for reading mail was not ticked"),
        N_("Without it there is no mail in your briefing. Connect again and leave the box ticked."),
    ),
    "other_account": Problem(
        N_("You chose another Google account than the connected one"),
        N_("Your connection is as it was. To change to the other account, click “Connect another account”."),
    ),
    "unavailable": Problem(
        N_("Google did not answer"),
        N_("This passes by itself, as a rule. Click “Connect Gmail” again in a minute."),
    ),
    "invalid_grant": Problem(N_("Google did not accept its own link any longer"), _AGAIN),
    "invalid_client": Problem(N_("Google does not accept this portal"), _REGISTRATION),
    "admin_policy_enforced": Problem(
        N_("Your organisation's Google settings do not allow this portal"), _ADMIN
    ),
    "no_code": Problem(N_("Google sent you back without an answer"), _AGAIN),
    "signed_out": Problem(
        N_("You were signed out while you were at Google"),
        N_("You are signed in again now. Click “Connect Gmail” to start again."),
    ),
    "database_unavailable": Problem(
        N_("The portal could not reach its database"), N_("Nothing is lost. Please try again in a minute.")
    ),
}
_SAME_AS = {
    "org_internal": "admin_policy_enforced",
    "domainPolicy": "admin_policy_enforced",
    "rate_limited": "unavailable",
    "deleted_client": "invalid_client",
    "disabled_client": "invalid_client",
    "unauthorized_client": "invalid_client",
    "redirect_uri_mismatch": "invalid_client",
    "accessNotConfigured": "invalid_client",
    "SERVICE_DISABLED": "invalid_client",
}
OTHERWISE = Problem(
    N_("Connecting did not work"),
    N_("We do not know the reason yet. Try again; if it stays so, tell the team's admin this word: {code}"),
)


def problem_of(code: str) -> Problem:
    """The words for a code; the honest general ones where it is unknown."""
    return PROBLEMS.get(_SAME_AS.get(code, code), OTHERWISE)


def draw_problem(code: str, t: Translator, attempt: Attempt | None = None) -> None:
    """A code as somebody comes back with it; it is from an address, so only a plain word of it is shown.

    `attempt` is their latest: which account they chose, where that was another one.
    """
    problem = problem_of(code)
    shown = code if CODE.fullmatch(code) else "?"
    next_step = t.gettext(problem.next_step, code=f"`{shown}`")
    chosen = attempt.google_email if attempt is not None and attempt.error_code == code else ""
    if code == "other_account" and chosen:
        next_step = t.gettext("You chose {account}.", account=f"**{literal(chosen)}**") + " " + next_step
    st.warning(next_step, title=t.gettext(problem.title), icon=":material/info:")
    if code == "other_account":
        # Most have chosen it by mistake: what leads back to their own account is the page's main button.
        same_tab_button(t.gettext("Connect another account"), connect_path(other="1"), icon="switch_account")

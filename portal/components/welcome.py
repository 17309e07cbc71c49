"""Signing in and out."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from portal import runtime
from portal.auth import GOOGLE, SLACK, offers_slack
from portal.components.join import LINK
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.db.engine import transaction
from services.errors import SignInRefused
from services.i18n import N_, Translator
from services.people import sign_out

REFUSALS = {
    "email_unverified": N_(
        "Your account's e-mail address is not verified. Verify it there, then sign in again."
    ),
    "domain_not_allowed": N_("Accounts of this domain cannot sign in here. Use your work account."),
    "other_workspace": N_(
        "This Slack account is in another workspace than your team's. Sign in with your team's account."
    ),
    "slack_silent": N_(
        "Slack did not answer, so nobody can tell whose account this is. Try again in a minute."
    ),
    "deactivated": N_("Your access was switched off. Ask the team's admin."),
    "signed_out": N_("You have signed out. Sign in again to go on."),
}


def draw_sign_in(t: Translator, refused: SignInRefused | None) -> None:
    """The only thing somebody sees who is not signed in, whatever address they came to."""
    st.title(t.gettext("Your morning briefing"))
    by_slack, by_link = offers_slack(runtime.settings()), LINK in st.query_params
    st.markdown(t.gettext("Today's calendar, the mail that matters and the news, every morning in Slack."))
    if by_link:
        st.markdown(t.gettext("Sign in, and you can connect Google right after."))
        if by_slack:
            st.caption(t.gettext("You came from Slack: signing in with Slack takes fewer steps."))
    if refused is not None and refused.code in REFUSALS:
        st.warning(t.gettext(REFUSALS[refused.code]), icon=":material/info:")
    with st.container(horizontal=True):
        ways = {GOOGLE: t.gettext("Sign in with Google"), SLACK: t.gettext("Sign in with Slack")}
        order = [SLACK, GOOGLE] if by_slack and by_link else [GOOGLE, SLACK] if by_slack else [GOOGLE]
        for provider in order:
            kind: Literal["primary", "secondary"] = "primary" if provider == order[0] else "secondary"
            if st.button(ways[provider], type=kind, icon=":material/login:", key=provider):
                st.login(provider)


def draw_sign_out(visitor: Visitor) -> None:
    """Who is signed in, and the way out: it holds for every tab and for copies of the cookie."""
    st.caption(literal(visitor.email))
    if st.button(visitor.t.gettext("Sign out"), icon=":material/logout:", key="sign_out", type="tertiary"):
        with transaction(runtime.current().sessions) as session:
            sign_out(session, visitor.digest)
        st.logout()
        st.stop()  # the page would run again at once, and the browser never be told to drop its cookie

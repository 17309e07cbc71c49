"""What several pages say of the same things: the next briefing, a broken connection."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from portal.components.links import connect_path, same_tab_button
from portal.components.moments import when
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.alerts.messages import bot_in_words
from services.connect.connection import Connection
from services.due import zone_named
from services.preferences import Preferences
from services.tokens.reasons import Explained


def next_briefing(visitor: Visitor, preferences: Preferences) -> str:
    """One sentence: when the next briefing comes, or why none does."""
    t = visitor.t
    if not preferences.enabled:
        return t.gettext("Your daily briefing is turned off.")
    if preferences.next_due_at is None:
        return t.gettext("No briefing is planned: no weekday is chosen.")
    moment = when(visitor, preferences.next_due_at)
    if preferences.next_due_at < datetime.now(UTC):
        return t.gettext("Your briefing was due {when} and has not gone out yet.", when=moment)
    if _reads_otherwise(visitor, preferences.next_due_at):
        zone = str(visitor.zone).replace("_", " ")
        return t.gettext("Your next briefing comes {when} ({zone}).", when=moment, zone=zone)
    return t.gettext("Your next briefing comes {when}.", when=moment)


def _reads_otherwise(visitor: Visitor, moment: datetime) -> bool:
    """Whether the clock of this browser's machine shows another time then."""
    here = zone_named(st.context.timezone or "")
    return here is not None and (
        moment.astimezone(here).utcoffset() != moment.astimezone(visitor.zone).utcoffset()
    )


def draw_trouble(visitor: Visitor, connection: Connection) -> None:
    """What is wrong with a connection, why, and the way to mend it; nothing where all is well."""
    t, said = visitor.t, said_apart(connection.explained(visitor.t))
    if connection.broken:
        st.error(said, title=t.gettext("Gmail must be connected again"), icon=":material/link_off:")
    elif connection.ends is not None:
        title = t.gettext("The connection to Gmail ends {when}", when=when(visitor, connection.ends))
        st.warning(said, title=title, icon=":material/hourglass_bottom:")
    elif connection.status == "failing":
        st.info(said, title=t.gettext("Google does not answer at the moment"), icon=":material/sync_problem:")
        return
    else:
        return
    same_tab_button(t.gettext("Reconnect Gmail"), connect_path(), icon="link", primary=True)


def said_apart(explained: Explained) -> str:
    """What happened and why, then what mends it in a paragraph of its own; as Markdown."""
    cure = f"**{literal(explained.cure)}**" if explained.cure else ""
    told = literal(" ".join(filter(None, (explained.happened, explained.cause))))
    return "\n\n".join(filter(None, (told, cure)))


def draw_lack(visitor: Visitor, preferences: Preferences, connection: Connection) -> None:
    """That the next briefing comes without mail, and what changes that; nothing where it has it."""
    if not (connection.broken and preferences.next_due_at and "mail" in preferences.sections):
        return
    t = visitor.t
    with st.container(horizontal=True, vertical_alignment="center"):
        lack = t.gettext("It comes without your mail unless you connect Gmail again before.")
        st.markdown(f":red[:material/warning:] **{lack}**", width="stretch")
        same_tab_button(t.gettext("Connect again"), connect_path(), icon="link")


def draw_slack_bot(visitor: Visitor, refusal: str | None) -> None:
    """For admins: that Slack does not accept the app; nothing where it does."""
    t = visitor.t
    if refusal is None:
        return
    st.error(
        literal(bot_in_words(refusal, t)),
        title=t.gettext("Slack does not accept the app"),
        icon=":material/cloud_off:",
    )

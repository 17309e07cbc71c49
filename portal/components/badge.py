"""The state of somebody's connection to Gmail: one word, colour and icon each, the same everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import streamlit as st

from services.i18n import N_, Translator

Colour = Literal["red", "orange", "yellow", "gray", "blue", "green"]


@dataclass(frozen=True, slots=True)
class Status:
    """How a token's status is shown; `label` is a message id."""

    label: str
    colour: Colour
    icon: str


# Worst first, as services.tokens.overview has them.
STATUSES = {
    "reconnect_required": Status(N_("Reconnect needed"), "red", ":material/link_off:"),
    "failing": Status(N_("Failing"), "orange", ":material/sync_problem:"),
    "expiring_soon": Status(N_("Expiring soon"), "yellow", ":material/hourglass_bottom:"),
    "not_connected": Status(N_("Not connected"), "gray", ":material/link_off:"),
    "refresh_due": Status(N_("Refresh due"), "blue", ":material/autorenew:"),
    "healthy": Status(N_("Healthy"), "green", ":material/check_circle:"),
}


def status_label(status: str, t: Translator) -> str:
    """The status in a word or two; an unknown one as it is."""
    known = STATUSES.get(status)
    return t.gettext(known.label) if known else status


def token_badge(status: str, t: Translator) -> None:
    """The status as a badge."""
    known = STATUSES.get(status, Status(status, "gray", ":material/help:"))
    st.badge(status_label(status, t), icon=known.icon, color=known.colour)

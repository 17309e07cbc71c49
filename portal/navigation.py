"""Which pages there are, for whom, and under which address."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from services.i18n import N_, Translator

Visibility = Literal["visible", "hidden"]

PAGES = Path(__file__).parents[1] / "pages"
# A Material symbol here would be fetched from Google by everybody's browser.
ICON = f"data:image/png;base64,{base64.b64encode(Path(__file__).with_name('icon.png').read_bytes()).decode()}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its file under `pages/`, its address, its title (a message id) and icon."""

    file: str
    url_path: str
    title: str
    icon: str
    admin: bool = False


ENTRIES = (
    Entry("home.py", "home", N_("Home"), ":material/home:"),
    Entry("connect.py", "connect", N_("Connect"), ":material/link:"),
    Entry("briefing.py", "briefing", N_("Briefing"), ":material/wb_twilight:"),
    Entry("conversations.py", "conversations", N_("Conversations"), ":material/forum:"),
    Entry("settings.py", "settings", N_("Settings"), ":material/tune:"),
    Entry("admin/tokens.py", "tokens", N_("Token health"), ":material/key:", admin=True),
    Entry("admin/deliveries.py", "deliveries", N_("Deliveries"), ":material/outbox:", admin=True),
    Entry("admin/people.py", "people", N_("People"), ":material/group:", admin=True),
    Entry("admin/auth_sessions.py", "auth-sessions", N_("Auth sessions"), ":material/login:", admin=True),
    Entry("admin/access.py", "access", N_("Access log"), ":material/visibility:", admin=True),
    Entry("admin/imports.py", "import", N_("Import"), ":material/upload_file:", admin=True),
)


def pages_for(t: Translator, *, is_admin: bool) -> dict[str, list[Any]]:
    """The navigation of somebody who is signed in.

    Members are not shown the admins' pages; who comes to one by its address is told that it is not for them.
    """
    own = [_page(entry, PAGES / entry.file, t) for entry in ENTRIES if not entry.admin]
    visibility: Visibility = "visible" if is_admin else "hidden"
    admins = [_page(entry, PAGES / entry.file, t, visibility) for entry in ENTRIES if entry.admin]
    return {"": own, t.gettext("Admin"): admins} if is_admin else {"": [*own, *admins]}


def layout_of(url_path: str) -> Literal["centered", "wide"]:
    """Admins' pages have wide tables."""
    return "wide" if any(entry.admin and entry.url_path == url_path for entry in ENTRIES) else "centered"


def pages_without(body: Callable[[], None], t: Translator) -> list[Any]:
    """The same addresses, all with one body, while nobody is known to be there: a deep link survives it."""
    return [_page(entry, body, t) for entry in ENTRIES]


def _page(
    entry: Entry, source: Path | Callable[[], None], t: Translator, visibility: Visibility = "visible"
) -> Any:
    return st.Page(
        source,
        title=t.gettext(entry.title),
        icon=entry.icon,
        url_path=entry.url_path,
        default=entry is ENTRIES[0],
        visibility=visibility,
    )

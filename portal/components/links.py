"""Ways to somewhere else: other pages, and routes of this portal that the same tab should go to."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from portal.navigation import PAGES

CONNECT = "/oauth/gmail/start"
FROM, SLACK = "from", "slack"
GOOGLE_CONNECTIONS = "https://myaccount.google.com/connections"

# st.link_button always opens another tab, which for a consent screen would leave a dead page behind.
_same_tab = st.components.v2.component(
    "same_tab_link",
    html="""<a>
  <span class="icon" aria-hidden="true"></span><span class="label"></span>
</a>""",
    css="""
a {
  display: inline-flex; align-items: center; gap: 0.5rem; box-sizing: border-box;
  min-height: 2.5rem; padding: 0.25rem 0.75rem; cursor: pointer;
  font: 400 0.875rem/1.6 var(--st-font); text-decoration: none;
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
  color: var(--st-text-color); background: var(--st-background-color);
}
a.primary { color: white; background: var(--st-primary-color); border-color: var(--st-primary-color); }
a:hover { filter: brightness(0.94); }
a:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.icon { font: 400 1rem/1 "Material Symbols Rounded"; font-feature-settings: "liga"; }
.icon:empty { display: none; }
""",
    js="""export default function ({ data, parentElement }) {
  const link = parentElement.querySelector("a")
  link.href = data.path
  link.className = data.primary ? "primary" : ""
  link.querySelector(".icon").textContent = data.icon
  link.querySelector(".label").textContent = data.label
}
""",
)


def connect_path(**asked: str) -> str:
    """Where consent begins, asking for `add` or `other`; who has come from Slack is led back there."""
    query = asked | ({FROM: SLACK} if came_from_slack() else {})
    return f"{CONNECT}?{urlencode(query)}" if query else CONNECT


def came_from_slack() -> bool:
    """Whether somebody is here by a link that the assistant gave them."""
    return st.query_params.get(FROM) == SLACK


def same_tab_button(label: str, path: str, *, icon: str = "", primary: bool = False) -> None:
    """A link to a path of this portal or to Slack, drawn as a button; `icon` is a Material symbol's name."""
    data = {"label": label, "path": path, "icon": icon, "primary": primary}
    _same_tab(data=data, key=f"link {path} {label}", width="content")


def page_button(label: str, page: str, *, icon: str, primary: bool = False) -> None:
    """A button that leads to another page, such as `connect.py`."""
    kind = "primary" if primary else "secondary"
    if st.button(label, key=f"go {page} {label}", type=kind, icon=f":material/{icon}:"):  # type: ignore[arg-type]
        st.switch_page(PAGES / page)

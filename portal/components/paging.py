"""Which page of a long list is looked at; another search begins at the first."""

from __future__ import annotations

from typing import Any

import streamlit as st

from services.paging import Page


def page_number(name: str, asked: object) -> int:
    """The page chosen for this list and search, from 1."""
    return int(st.session_state.get(_key(name, asked), 1))


def draw_pages(name: str, asked: object, found: Page[Any]) -> None:
    """The pages to choose from, where there is more than one."""
    if found.pages > 1:
        st.pagination(found.pages, key=_key(name, asked))


def _key(name: str, asked: object) -> str:
    return f"{name} {asked!r}"

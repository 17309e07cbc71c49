"""Old token files on their way in: read where they are looked at, and gone once that is done."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from portal import runtime
from portal.components.feedback import action, keep_feedback
from portal.components.mrkdwn import literal
from portal.session import Visitor
from services.tokens import importing
from services.tokens.importing import Outcome, Plan
from services.tokens.importing.documents import in_files
from services.tokens.importing.shapes import MAX_BYTES
from services.tokens.importing.words import problem_in_words

AT_ONCE = 100
TURN = "import_turn"
NEW_PEOPLE, REPLACE = "import_new_people", "import_replace"


def draw_upload(visitor: Visitor) -> Plan | None:
    """The files to choose, and what would become of those that are chosen."""
    t = visitor.t
    files = st.file_uploader(
        t.gettext("Token files"),
        type="json",
        accept_multiple_files=True,
        max_upload_size=1,
        key=_key(),
        help=t.gettext(
            "As google-auth or oauth2client wrote them, or with access_token and refresh_token in them. "
            "Nothing is stored before you say so."
        ),
    )
    if not files:
        return None
    if len(files) > AT_ONCE:
        st.warning(
            t.gettext("The first {count} files are looked at; import the others afterwards.", count=AT_ONCE),
            icon=":material/content_cut:",
        )
    return _plan(visitor, files)


def draw_import(plan: Plan, visitor: Visitor) -> None:
    """What can be chosen about an import, and the button that carries it out."""
    t = visitor.t
    st.toggle(t.gettext("Make unknown owners people here, under their old ids"), key=NEW_PEOPLE)
    if plan.kept or st.session_state.get(REPLACE):
        st.toggle(t.gettext("Replace connections that work, too"), key=REPLACE)
    with st.container(horizontal=True):
        st.button(
            t.ngettext("Import {n} token", "Import {n} tokens", plan.acting),
            type="primary",
            icon=":material/download:",
            disabled=not plan.acting,
            on_click=_import,
        )
        st.button(t.gettext("Put the files away"), icon=":material/close:", on_click=_forget)


def _plan(visitor: Visitor, files: list[UploadedFile]) -> Plan:
    """Of a file that is too large no more is read than shows it."""
    opened = runtime.current()
    contents = [(file.name, file.getbuffer()[: MAX_BYTES + 1].tobytes()) for file in files[:AT_ONCE]]
    found = in_files(contents, token_uri=opened.settings.google_token_uri, now=datetime.now(UTC))
    return importing.dry_run(
        opened,
        found,
        visitor.actor,
        replace=bool(st.session_state.get(REPLACE)),
        new_people=bool(st.session_state.get(NEW_PEOPLE)),
    )


@action()
def _import(visitor: Visitor) -> None:
    files: list[UploadedFile] = st.session_state.get(_key()) or []
    outcome = importing.carry_out(runtime.current(), _plan(visitor, files), visitor.actor)
    _forget()
    keep_feedback(_said(outcome, visitor), good=not outcome.problems)


def _said(outcome: Outcome, visitor: Visitor) -> str:
    t = visitor.t
    said = [t.ngettext("{n} token was imported.", "{n} tokens were imported.", outcome.imported)]
    if outcome.parked:
        said.append(
            t.ngettext("{n} token waits for its owner.", "{n} tokens wait for their owners.", outcome.parked)
        )
    said += [f"{literal(source)}: {problem_in_words(problem, t)}" for source, problem in outcome.problems]
    return "  \n".join(said)


def _forget() -> None:
    """Let go of the files' content at once: Streamlit would keep it until the tab is closed."""
    files: list[UploadedFile] = st.session_state.pop(_key(), None) or []
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file in files:
            context.uploaded_file_mgr.remove_file(session_id=context.session_id, file_id=file.file_id)
    for file in files:
        file.close()
    for name in (NEW_PEOPLE, REPLACE):
        st.session_state.pop(name, None)
    st.session_state[TURN] = _turn() + 1


def _turn() -> int:
    return int(st.session_state.get(TURN, 0))


def _key() -> str:
    return f"import_files {_turn()}"

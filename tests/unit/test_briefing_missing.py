"""Each reason has its sentence and its cure; unknown ones are told as such."""

from __future__ import annotations

import pytest

from services.briefing.missing import BUTTONS, CONNECTION, CURES, REASONS, Explanation, by_cause, explain
from services.briefing.model import Missing, Source
from services.errors import NotConnected, PortalError, SourceError, SourceRefused, SourceUnavailable
from services.i18n import LANGUAGES, translator
from services.tokens import reasons
from services.tokens.reasons import REASONS as TOKENS

SOURCES: list[Source] = ["mail", "calendar", "news"]
ENGLISH = translator("en")


def explained(source: Source, reason: str, cure: str = "") -> Explanation:
    missing = Missing(source, reason, cure)
    return explain([missing], ENGLISH, portal_url="https://p.example", account_email="me@example.com")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [*REASONS, *CONNECTION, "something_else", "failed", ""])
def test_every_reason_says_what_happened_and_what_to_do(language: str, reason: str) -> None:
    for source in SOURCES:
        missing = Missing(source, reason)
        why = explain([missing], translator(language), portal_url="https://p.example", account_email="")
        assert why.happened
        assert why.cure
        assert "{" not in why.happened + why.cure + why.button
        assert bool(why.url) == bool(why.button) == bool(why.action_id)


def test_every_reason_has_a_known_cure() -> None:
    assert {cure for _, cure in REASONS.values()} <= set(CURES)
    assert {*CONNECTION.values()} - set(BUTTONS) == {"ask_admin"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", sorted(set(TOKENS) - {"failing", "expiring_soon", "refresh_due", "healthy"}))
def test_what_ended_a_connection_is_said_as_everywhere_else(language: str, code: str) -> None:
    t = translator(language)
    said = reasons.explain(code, t, for_admin=False, missing=["gmail.readonly"])
    why = explain([Missing("mail", code)], t, portal_url="https://p.example", account_email="")
    assert said.happened in why.happened.replace("\u2060", "")
    assert why.cure.replace("\u2060", "") == said.cure


@pytest.mark.parametrize("error", [NotConnected, SourceUnavailable, SourceRefused])
def test_the_errors_sources_raise_are_known_reasons(error: type[PortalError]) -> None:
    assert error.code in {*REASONS, *CONNECTION}


@pytest.mark.parametrize(
    ("source", "reason", "url"),
    [
        ("mail", "revoked_or_expired", "https://p.example/connect"),
        ("calendar", "missing_scope", "https://p.example/connect"),
        ("mail", "unavailable", "https://mail.google.com/mail/u/?authuser=me%40example.com"),
        ("calendar", "rate_limited", "https://calendar.google.com/calendar/r?authuser=me%40example.com"),
        ("mail", "admin_policy", ""),
        ("news", "unavailable", ""),
        ("news", "not_connected", ""),
    ],
)
def test_the_button_leads_to_what_mends_it(source: Source, reason: str, url: str) -> None:
    assert explained(source, reason).url == url


def test_an_unknown_reason_is_named_and_cannot_format() -> None:
    why = explained("mail", "weird<!channel>")
    assert "weird&lt;!channel&gt;" in why.happened
    assert "unexpected" in why.happened


@pytest.mark.parametrize("reason", ["failed", "", PortalError.code, SourceError.code])
def test_general_reasons_are_not_named(reason: str) -> None:
    assert "error" not in explained("mail", reason).happened


def test_a_named_cure_helps_only_where_the_reason_says_nothing() -> None:
    assert explained("mail", "new_reason", "reconnect").button == "Reconnect Gmail"
    assert explained("mail", "new_reason", "new cure") == explained("mail", "new_reason")
    assert explained("mail", "admin_policy", "reconnect") == explained("mail", "admin_policy")


def test_what_one_connection_keeps_back_is_said_once() -> None:
    mail, calendar = Missing("mail", "revoked_or_expired"), Missing("calendar", "revoked_or_expired")
    assert by_cause([calendar, mail]) == [(calendar, mail)]
    why = explain([calendar, mail], ENGLISH, portal_url="https://p.example", account_email="")
    assert why.happened.startswith("Not read: Gmail and Google Calendar. Google no longer accepts")


@pytest.mark.parametrize(
    "missing",
    [
        [Missing("mail", "revoked_or_expired"), Missing("calendar", "missing_scope")],
        [Missing("mail", "unavailable"), Missing("calendar", "unavailable")],
        [Missing("mail", "failed"), Missing("news", "failed")],
    ],
    ids=["other reasons", "each answers for itself", "news has no connection"],
)
def test_other_causes_are_said_each(missing: list[Missing]) -> None:
    assert by_cause(missing) == [(one,) for one in missing]

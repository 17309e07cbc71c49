"""Whose an export is and from when, whatever the clocks of its senders said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from sandbox import briefing
from sandbox.survey import Survey, survey

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def surveyed(tmp_path: Path, *ages: timedelta) -> Survey:
    mails = [
        f"From a@b.example {NOW - age:%a %b %d %H:%M:%S %Y}\nFrom: a@b.example\nTo: you@b.example\n"
        f"Message-ID: <{number}@b.example>\nDate: {format_datetime(NOW - age)}\n"
        f"Subject: {number}\n\nText.\n\n"
        for number, age in enumerate(ages)
    ]
    path = tmp_path / "mail.mbox"
    path.write_text("".join(mails), encoding="utf-8")
    return survey(path, now=NOW)


def test_mail_dated_after_now_does_not_decide_when_the_export_ends(tmp_path: Path) -> None:
    hours = [timedelta(hours=hour) for hour in (1, 2, 3)]
    found = surveyed(tmp_path, -timedelta(days=4000), *hours)
    assert (len(found.newest), found.last, found.recent) == (4, NOW - hours[0], 3)
    assert not found.is_sparse


def test_where_all_mail_is_dated_after_now_it_is_all_looked_at(tmp_path: Path) -> None:
    found = surveyed(tmp_path, -timedelta(days=400), -timedelta(days=900))
    assert (found.last, found.recent, found.is_sparse) == (NOW + timedelta(days=900), 1, True)


def test_a_tilde_in_the_mail_option_is_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert briefing._options(["--mail", "~/mine.mbox"]).mail == tmp_path / "mine.mbox"

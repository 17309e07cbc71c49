"""docs/settings.md, .env.example and the code name the same settings."""

from __future__ import annotations

import re
from pathlib import Path

from dotenv import dotenv_values

from services.settings import SECRETS, Settings

ROOT = Path(__file__).parents[2]
KNOWN = {name.upper() for name in Settings.model_fields}
ROWS = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_setting_is_described() -> None:
    assert set(re.findall("`([A-Z_]+)`", " ".join(ROWS))) >= KNOWN


def test_what_may_come_from_a_file_is_marked() -> None:
    marked = set(re.findall(r"`([A-Z_]+)` \*", " ".join(ROWS)))
    assert marked == set(SECRETS)


def test_the_example_names_nothing_unknown() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = {*dotenv_values(ROOT / ".env.example"), *re.findall(r"^# ([A-Z_]+)=", text, re.MULTILINE)}
    assert named <= KNOWN

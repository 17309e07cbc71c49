"""What Streamlit would do by itself and must not."""

from __future__ import annotations

import tomllib
from pathlib import Path

from streamlit.config import get_config_options

CONFIG = Path(__file__).parents[2] / ".streamlit" / "config.toml"


def test_tables_are_exported_by_our_own_exports_alone() -> None:
    """Streamlit's own lets formulas through and is in no log; it knows the option by this very name."""
    assert tomllib.loads(CONFIG.read_text(encoding="utf-8"))["client"]["disableDataExport"] is True
    assert "client.disableDataExport" in get_config_options()

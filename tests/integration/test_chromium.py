"""Without a Chromium, and without a way to get one, it is said how to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dev.plan import ROOT


def test_both_ways_to_a_chromium_are_named_where_neither_works(tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    offline = {"PLAYWRIGHT_DOWNLOAD_HOST": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.chromium"],
        cwd=ROOT,
        env={**os.environ, **nowhere, **offline},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "playwright install chromium" in done.stderr
    assert "apt-get install chromium fonts-noto-cjk" in done.stderr

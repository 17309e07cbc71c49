"""What `python scheduler.py` says of a moment that is none."""

from __future__ import annotations

import pytest

import scheduler


@pytest.mark.parametrize("moment", ["tomorrow", "2026-13-01T09:00+09:00", "2026-01-05T09:00", ""])
def test_a_moment_that_is_none_is_refused_with_an_example(
    moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        scheduler.main(["--once", "--now", moment])
    said = capsys.readouterr().err
    assert "argument --now:" in said
    assert "such as 2026-01-05T09:00+09:00" in said
    assert "invalid" not in said

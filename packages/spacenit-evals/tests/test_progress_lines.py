"""What is said of progress where no bars can be drawn."""

import pytest

from spacenit_evals.cli import bars


def test_a_line_at_the_start_and_then_by_time(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with bars.bars() as (windows, _):
        windows(0, 2000)
        windows(10, 2000)
        monkeypatch.setattr(bars, "SECONDS_BETWEEN_LINES", 0.0)
        windows(1500, 2000)
    assert capsys.readouterr().err.splitlines() == ["windows: 2,000 to do", "windows: 1,500 of 2,000 done"]

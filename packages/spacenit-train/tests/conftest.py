"""Runs as a single process sees them."""

import pytest


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No launcher around the tests counts."""
    monkeypatch.delenv("WORLD_SIZE", raising=False)

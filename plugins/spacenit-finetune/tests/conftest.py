"""Small models compute on one thread; real weights lie where all tests look for real data."""

import os
from pathlib import Path

import pytest
import torch

REAL = Path(os.environ.get("SPACENIT_REAL_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
WEIGHTS = REAL / "weights"

needs_real_data = pytest.mark.skipif(not WEIGHTS.is_dir(), reason=f"no {WEIGHTS}: set SPACENIT_REAL_DATA")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)

"""What the pixels of the first batch say about the sensors' statistics and units."""

from collections.abc import Collection

import torch
from attrs import evolve

from spacenit_core.errors import DataError
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.unit_mismatches import find_unit_mismatches

ROWS = 32
"""More samples of one batch, evenly taken, say nothing new about magnitudes."""


def check_first_pixels(batch: Batch, trusted: Collection[str]) -> list[str]:
    """Refuse to learn from pixels that are in other units than their sensor's, or nearly constant by its statistics.

    Args:
        batch: the first one of a run, normalised.
        trusted: sensors that pass whatever their pixels look like.

    Returns:
        Remarks about what is seldom right.

    Raises:
        DataError: with every sensor that cannot be right, and what to do.
    """
    found = find_unit_mismatches(_thinned(batch))
    wrong = {name: mismatch for name, mismatch in found.items() if mismatch.certain and name not in trusted}
    if wrong:
        lines = [f"pixels of {name} {mismatch.what}" + _guess(mismatch.guess) for name, mismatch in wrong.items()]
        measured = " ".join(f"--sensor {name}" for name in wrong)
        trust = " ".join(f"--trust-statistics {name}" for name in wrong)
        raise DataError(
            "\n".join(lines),
            f"`spacenit-run data stats DIR {measured}` measures statistics for the sensor's SensorSpec; other units "
            f"are converted by `data tile` (--scale ...); {trust} takes them as they are",
        )
    return [f"note: pixels of {name} {mismatch.what}{_guess(mismatch.guess)}" for name, mismatch in found.items()]


def _guess(guess: str) -> str:
    return f" ({guess})" if guess else ""


def _thinned(batch: Batch) -> Batch:
    """Some rows of a batch, evenly taken, and one view."""
    rows = torch.linspace(0, len(batch) - 1, min(ROWS, len(batch))).round().long()
    return evolve(
        batch,
        pixels={name: values[rows] for name, values in batch.pixels.items()},
        timestamps=batch.timestamps[rows],
        visibility=batch.visibility[:1, rows],
        indices=None,
    )

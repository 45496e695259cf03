"""Windows in time. Series hold present steps only, so a window goes through the masks."""

from collections.abc import Sequence

import numpy as np


def draw_steps(
    masks: Sequence[np.ndarray], length: int, max_timesteps: int, rng: np.random.Generator
) -> tuple[int, int] | None:
    """Draw a window in time.

    The series is cut to the steps from the first to the last at which any sensor is present. If more than
    `max_timesteps` are left, the window starts at a step at which some sensor is present, so that it is never empty.

    Args:
        masks: bool ``[length]`` for each series that has a mask: the steps that it holds.
        length: time steps of the sample.
        max_timesteps: the longest window.
        rng: where the start is drawn from.

    Returns:
        The first step and one past the last; None where no series holds any step.
    """
    present = np.logical_or.reduce(masks) if masks else np.ones(length, dtype=bool)
    steps = np.flatnonzero(present)
    if not len(steps):
        return None
    first, stop = int(steps[0]), int(steps[-1]) + 1
    if stop - first <= max_timesteps:
        return first, stop
    starts = steps[steps + max_timesteps <= stop]
    start = int(starts[rng.integers(len(starts))])
    return start, start + max_timesteps


def stored_range(mask: np.ndarray, start: int, stop: int) -> tuple[int, int]:
    """Where the steps [start, stop) lie among the stored ones, which are the true ones of the mask."""
    before = int(np.count_nonzero(mask[:start]))
    return before, before + int(np.count_nonzero(mask[start:stop]))

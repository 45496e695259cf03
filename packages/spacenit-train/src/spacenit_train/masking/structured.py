"""Visibility that whole patches or whole time steps share across sensors."""

from typing import Literal

import numpy as np

from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import MISSING, TARGET_ONLY
from spacenit_train.masking.primitives import random_tokens, shared_out

MIN_STEPS = 3
"""Fewer usable time steps than this cannot be shared out over encoding, decoding and the target."""

ValidSteps = Literal["batch", "sample", "any"]
"""Where a sensor must have a time step, for the step to be shared out (`valid_steps`)."""

VALID_STEPS_HELP = "the steps that take part: whole in all samples at hand (batch), whole in the sample, or any it has"


def valid_steps_of(layout: TokenLayout, missing: np.ndarray, valid_steps: ValidSteps) -> np.ndarray:
    """The time steps that can be shared out over encoding, decoding and the target.

    `batch`: steps that some sensor has whole, in every patch and band group of every sample at hand, as in the
    reference; then the masks of a batch with gaps depend on which samples lie on the same rank. `sample`: steps that
    some sensor has whole in the sample itself. `any`: steps at which the sample has any token.

    Args:
        layout: the tokens.
        missing: bool ``[B, N]``.
        valid_steps: see above.

    Returns:
        bool ``[B, T]``.
    """
    out = np.zeros((len(missing), layout.timesteps), dtype=bool)
    for block in layout.blocks:
        if block.sensor.temporal:
            there = ~missing[:, block.tokens].reshape(len(missing), *block.shape)
            in_sample = there.any(axis=(1, 2, 4)) if valid_steps == "any" else there.all(axis=(1, 2, 4))
            out |= in_sample.all(axis=0) if valid_steps == "batch" else in_sample
    return out


def time_tokens(
    layout: TokenLayout,
    missing: np.ndarray,
    draws: Draws,
    *,
    encode_ratio: float,
    decode_ratio: float,
    valid_steps: ValidSteps,
) -> np.ndarray:
    """Encode whole time steps and decode others, the same in every sensor with time.

    Of n valid steps a share is encoded (rounded down, at least one), a share decoded likewise; the others and all that
    are not valid are left to the target. Sensors without time, and samples with fewer than three valid steps, are
    masked at random (`random_tokens`).

    Args:
        layout: the tokens.
        missing: bool ``[B, N]``.
        draws: the random numbers.
        encode_ratio: share of the steps to encode.
        decode_ratio: share of the steps to decode.
        valid_steps: see `valid_steps_of`.

    Returns:
        visibility, uint8 ``[B, N]``.
    """
    out = random_tokens(layout, missing, draws, encode_ratio=encode_ratio, decode_ratio=decode_ratio)
    valid = valid_steps_of(layout, missing, valid_steps)
    count = valid.sum(axis=1, keepdims=True)
    encoded, decoded = (np.maximum((count * ratio).astype(np.int64), 1) for ratio in (encode_ratio, decode_ratio))
    by_step = np.empty(valid.shape, dtype=np.uint8)
    order = np.argsort(np.where(valid, draws.uniform(layout.timesteps), np.float32(2)), axis=1)
    np.put_along_axis(by_step, order, shared_out(layout.timesteps, encoded, decoded), axis=1)
    by_step[~valid] = TARGET_ONLY
    with_time = np.array([block.sensor.temporal for block in layout.blocks], dtype=bool)[layout.sensor]
    structured = np.where((count >= MIN_STEPS) & with_time, by_step[:, layout.time], out)
    return np.where(missing, np.uint8(MISSING), structured)


def space_tokens(
    layout: TokenLayout, missing: np.ndarray, draws: Draws, *, encode_ratio: float, decode_ratio: float
) -> np.ndarray:
    """Encode whole patches and decode others, the same at every time step of every sensor with a grid.

    Shares are of the patches of the window, rounded down. Sensors without a grid are masked at random
    (`random_tokens`).

    Args:
        layout: the tokens.
        missing: bool ``[B, N]``.
        draws: the random numbers.
        encode_ratio: share of the patches to encode.
        decode_ratio: share of the patches to decode; the rest is left to the target.

    Returns:
        visibility, uint8 ``[B, N]``.
    """
    out = random_tokens(layout, missing, draws, encode_ratio=encode_ratio, decode_ratio=decode_ratio)
    patches = layout.rows * layout.columns
    values = shared_out(patches, int(patches * encode_ratio), int(patches * decode_ratio))
    # A random order of the values is a permutation of them: no need to invert it.
    by_patch = values[np.argsort(draws.uniform(patches), axis=1)]
    gridded = np.array([block.sensor.spatial for block in layout.blocks], dtype=bool)[layout.sensor]
    structured = np.where(gridded, by_patch[:, layout.row * layout.columns + layout.column], out)
    return np.where(missing, np.uint8(MISSING), structured)

"""Cross-sensor prediction upon whole patches or whole time steps."""

import numpy as np

from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_train.masking.cross import CrossSettings
from spacenit_train.masking.structured import ValidSteps, space_tokens, time_tokens


def across_space(settings: CrossSettings, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
    """`space_tokens` and a choice of band sets; sensors without a grid are taken whole. Returns uint8 ``[B, N]``."""
    out = space_tokens(layout, missing, draws, encode_ratio=settings.encode_ratio, decode_ratio=settings.decode_ratio)
    whole = np.array([not block.sensor.spatial for block in layout.blocks], dtype=bool)
    return settings.across(out, layout, draws, whole)


def across_time(
    settings: CrossSettings, layout: TokenLayout, missing: np.ndarray, draws: Draws, valid_steps: ValidSteps
) -> np.ndarray:
    """`time_tokens` and a choice of band sets; sensors without time are taken whole. Returns uint8 ``[B, N]``."""
    out = time_tokens(
        layout,
        missing,
        draws,
        encode_ratio=settings.encode_ratio,
        decode_ratio=settings.decode_ratio,
        valid_steps=valid_steps,
    )
    whole = np.array([not block.sensor.temporal for block in layout.blocks], dtype=bool)
    return settings.across(out, layout, draws, whole)

"""Whether the pixels of a batch fit the sensors that they are said to be from."""

import numpy as np

from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.visibility import MISSING
from spacenit_core.sensors.plausible import UnitMismatch, columns_of, find_foreign_statistics, find_misfit


def find_unit_mismatches(batch: Batch) -> dict[str, UnitMismatch]:
    """The sensors of a batch whose pixels are in other units, or were normalised by another data set's statistics.

    Args:
        batch: normalised windows; what the views mask makes no difference, what is missing does not count.

    Returns:
        Sensor name -> what was found; `UnitMismatch.certain` says whether it can be right at all.
    """
    found = {}
    for block in batch.layout.blocks:
        spec = block.sensor
        if spec.normalization is None:
            continue
        scale, offset = spec.normalization.scale_and_offset()
        pixels = batch.pixels[spec.name].double().cpu().numpy()
        stored = (pixels - offset) / scale
        if spec.categorical:
            # Normalised in float32, a class code comes back a little off.
            stored = stored.round(3)
        missing = batch.visibility[0][:, block.tokens].cpu().numpy() == MISSING
        columns = columns_of(stored, ~_missing_pixels(missing, block, pixels.shape))
        mismatch = find_misfit(spec, columns)
        if mismatch is None or not mismatch.certain:
            mismatch = find_foreign_statistics(spec, columns) or mismatch
        if mismatch is not None:
            found[spec.name] = mismatch
    return found


def _missing_pixels(tokens: np.ndarray, block: SensorBlock, shape: tuple[int, ...]) -> np.ndarray:
    """From missing tokens ``[B, n]`` to pixels of missing tokens, bool of the pixels' shape; bands of no token too."""
    by_group = tokens.reshape(-1, *block.shape)
    out = np.ones(shape, bool)
    if block.sensor.spatial:
        side = shape[1] // block.rows
        by_group = by_group.repeat(side, axis=1).repeat(side, axis=2)
    else:
        by_group = by_group.reshape(*shape[:-1], block.groups)
    for group, channels in enumerate(block.sensor.group_channels):
        out[..., list(channels)] = by_group[..., [group]]
    return out

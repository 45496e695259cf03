"""Values of a data set in the units of a sensor that it was not measured in: by the statistics of both.

A model that normalises by mean and deviation of what it was trained on then sees values that are normalised by those of
the data set: that is how 8-bit and aerial images are given to models of Sentinel-2.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import MeanStd, SensorSpec


@frozen
class BandStatistics:
    """Mean and deviation of stored numbers.

    Attributes:
        mean: by band.
        std: by band.
    """

    mean: Mapping[str, float]
    std: Mapping[str, float]

    @classmethod
    def over(cls, bands: Sequence[str], images: Sequence[np.ndarray]) -> "BandStatistics":
        """Of images ``[T, C, H, W]``; NaN is no number.

        Raises:
            DataError: where a band has no number.
        """
        count, total, squares = np.zeros(len(bands)), np.zeros(len(bands)), np.zeros(len(bands))
        for image in images:
            values = np.moveaxis(image, 1, 0).reshape(len(bands), -1).astype(np.float64)
            count += np.isfinite(values).sum(axis=1)
            total += np.nansum(values, axis=1)
            squares += np.nansum(values**2, axis=1)
        if not count.all():
            raise DataError(
                f"{bands[int(np.argmin(count))]} has no number in the training samples, and so no statistics",
                "use another sensor of the set",
            )
        mean = total / count
        std = np.sqrt(np.maximum(squares / count - mean**2, 0.0))
        return cls(dict(zip(bands, mean.tolist(), strict=True)), dict(zip(bands, std.tolist(), strict=True)))


def to_units(
    spec: SensorSpec, bands: Mapping[str, str], known: BandStatistics
) -> tuple[dict[str, float], dict[str, float]]:
    """What brings stored numbers to the values that `spec` normalises as the data set's statistics would.

    Args:
        spec: the sensor that a model takes.
        bands: its bands -> the bands that are stored.
        known: of the stored bands.

    Returns:
        Its bands -> scale, and its bands -> offset: values are numbers times scale plus offset.

    Raises:
        UserError: where the sensor has no statistics.
        DataError: where those of a stored band are not known, or it does not vary.
    """
    if spec.normalization is None:
        raise UserError(f"the sensor {spec.name} has no statistics", "make them: `spacenit-run data stats`")
    scales, offsets = spec.normalization.scale_and_offset()
    found: tuple[dict[str, float], dict[str, float]] = ({}, {})
    for place, band in enumerate(spec.bands):
        if band not in bands:
            continue
        stored = bands[band]
        if not known.std.get(stored, 0.0) > 0:
            raise DataError(
                f"the data set states no mean and deviation of {stored}, by which it would be given as {band}",
                "copy the set again from its publisher",
            )
        theirs = MeanStd(mean=(known.mean[stored],), std=(known.std[stored],))
        (scale,), (offset,) = theirs.scale_and_offset()
        found[0][band] = float(scale / scales[place])
        found[1][band] = float((offset - offsets[place]) / scales[place])
    return found

"""One sample of a data set, as it lies on disk: a window of it, in numpy."""

import numpy as np
from attrs import define


@define(kw_only=True)
class SampleWindow:
    """A window of one sample: only the sensors and pixels asked for, in stored units and data types.

    Where a pixel is missing, its value is `spacenit_core.sensors.spec.NODATA`.

    Attributes:
        index: the sample's number in its data set.
        bands: sensor name -> array; [H*k, W*k, S, C] with a grid, [S, C] with time only, [C] without either. S counts
            only the steps of the window that the sensor has (1 without time), in order.
        present: sensor name -> bool ``[T]``: which steps of the window the S stored ones are (bool ``[1]`` without
            time). Sensors that the sample lacks are in neither mapping.
        timestamps: int ``[T, 3]``: day 1-31, month 0-11, year.
        latlon: float32 ``[2]``, degrees, of the sample's centre; NaN where unknown.
        row: first cell row of the window in the sample.
        column: first cell column of the window in the sample.
    """

    index: int
    bands: dict[str, np.ndarray]
    present: dict[str, np.ndarray]
    timestamps: np.ndarray
    latlon: np.ndarray
    row: int = 0
    column: int = 0

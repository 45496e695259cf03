"""One sample on its way to a file."""

import numpy as np
from attrs import Factory, define, field, frozen

from spacenit_core.errors import DataError


@frozen
class Location:
    """Where a sample lies on the ground.

    Attributes:
        crs: coordinate reference system, as ``EPSG:32610`` or WKT.
        left: x of the upper left corner, in the units of the CRS (metres).
        top: y of the upper left corner.
        gsd: metres per cell.
    """

    crs: str
    left: float = field(converter=float)
    top: float = field(converter=float)
    gsd: float = field(converter=float)


@define(kw_only=True)
class SampleArrays:
    """The arrays of one sample, in stored units and data types.

    Attributes:
        bands: sensor -> [H*k, W*k, S, C] with a grid, [S, C] with time only, [C] without either; S counts the steps
            that the sensor has (1 without time).
        present: sensor with time -> bool ``[T]``: which of the sample's steps the S stored ones are. A series without
            an entry is stored without a mask.
        timestamps: int ``[T, 3]``: day 1-31, month 0-11, year.
        latlon: float32 ``[2]``, degrees, of the sample's centre; NaN where unknown.
        location: the sample's place in its CRS, where known.
    """

    bands: dict[str, np.ndarray]
    present: dict[str, np.ndarray] = Factory(dict)
    timestamps: np.ndarray
    latlon: np.ndarray
    location: Location | None = None

    def check(self, sensor_names: tuple[str, ...], tile_size: int) -> None:
        """Refuse arrays that no reader could make sense of.

        Raises:
            DataError: naming the sensor, what it has and what it should have.
        """
        steps = len(self.timestamps)
        if (
            self.timestamps.ndim != 2
            or self.timestamps.shape[1] != 3
            or self.timestamps.dtype.kind not in "iu"
            or not steps
        ):
            raise DataError(f"timestamps are {self.timestamps.dtype}{list(self.timestamps.shape)}, not integers [T, 3]")
        if np.shape(self.latlon) != (2,):
            raise DataError(f"latlon has the shape {list(np.shape(self.latlon))}, not [2]")
        unknown = sorted((self.bands.keys() | self.present.keys()) - set(sensor_names))
        if unknown:
            raise DataError(
                f"sensor {unknown[0]!r} does not belong to this set", f"its sensors are {', '.join(sensor_names)}"
            )
        for name, values in self.bands.items():
            _check_array(name, values, tile_size)
        for name, mask in self.present.items():
            stored = self.bands[name].shape[-2] if name in self.bands else 0
            if mask.shape != (steps,) or mask.dtype != bool:
                raise DataError(f"the step mask of {name} is {mask.dtype}{list(mask.shape)}, not bool[{steps}]")
            if mask.sum() != stored:
                raise DataError(f"{name} holds {stored} steps, but its mask names {mask.sum()}")


def _check_array(name: str, values: np.ndarray, tile_size: int) -> None:
    shape = values.shape
    if len(shape) not in (1, 2, 4) or 0 in shape:
        raise DataError(
            f"{name} has the shape {list(shape)}", "it should be [H, W, S, C], [S, C] or [C], none of them empty"
        )
    if len(shape) == 4 and (shape[0] != shape[1] or shape[0] % tile_size):
        raise DataError(
            f"{name} has {shape[0]} x {shape[1]} pixels", f"both should be one multiple of the tile size, {tile_size}"
        )
    if values.dtype.kind not in "iufb":
        raise DataError(f"{name} has the data type {values.dtype}", "it should be a number")

"""The array of one sensor in an open file."""

import numpy as np
from h5py import h5d, h5s

from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.whole_chunk import read_first_rows


class StoredArray:
    """The array of one sensor in an open file, to be read by windows.

    Args:
        spec: the sensor.
        dataset: the open dataset.

    Attributes:
        spec: the sensor.
    """

    def __init__(self, spec: SensorSpec, dataset: h5d.DatasetID) -> None:
        self.spec = spec
        self._dataset = dataset
        self._space = dataset.get_space()
        self._shape: tuple[int, ...] = self._space.get_simple_extent_dims()
        self._type = dataset.get_type()
        self._dtype: np.dtype = self._type.dtype
        # A grid of one date may be stored without a time axis.
        self._flat = spec.spatial and not spec.temporal and len(self._shape) == 3

    @property
    def cells(self) -> int:
        """Cells along one side of the sample; 1 without a grid."""
        return self._shape[0] // self.spec.pixels_per_cell if self.spec.spatial else 1

    @property
    def timesteps(self) -> int:
        """Stored time steps; 1 without time."""
        return self._shape[-2] if self.spec.temporal else 1

    def problem(self) -> str | None:
        """What is wrong with the array's shape or type, given its sensor; None if nothing is."""
        spec, shape = self.spec, self._shape
        bands = sum(len(group.bands) for group in spec.band_groups)
        rank = 4 if spec.spatial else 2 if spec.temporal else 1
        full = (*shape[:2], 1, shape[2]) if self._flat else shape
        if len(full) != rank or full[-1] != bands:
            space, time = ["height", "width"] if spec.spatial else [], ["steps"] if spec.temporal else ["1"]
            axes = [*space, *(time if rank > 1 else []), f"{bands} bands"]
            return f"has the shape {list(shape)}, not [{', '.join(axes)}]"
        if spec.spatial and (full[0] != full[1] or full[0] % spec.pixels_per_cell or not full[0]):
            multiple = f", of a multiple of {spec.pixels_per_cell} pixels" if spec.pixels_per_cell > 1 else ""
            return f"has {full[0]} x {full[1]} pixels, but samples are square{multiple}"
        if rank == 4 and not spec.temporal and full[2] != 1:
            return f"has {full[2]} time steps, but {spec.name} has no time"
        if self._dtype.kind not in "biuf":
            return f"holds {self._dtype}, not numbers"
        return None

    def read(self, row: int, column: int, cells: int, start: int, stop: int) -> np.ndarray:
        """The values of a window, in the stored type.

        Args:
            row: first cell row.
            column: first cell column.
            cells: cells along one side.
            start: first stored step (ignored without time, as is `stop`).
            stop: one past the last stored step.

        Returns:
            [cells*k, cells*k, stop - start, C] with a grid, [stop - start, C] with time only, [C] without either.
        """
        k = self.spec.pixels_per_cell
        first, size = [0], [self._shape[-1]]
        if not self._flat and len(self._shape) > 1:
            first.insert(0, start if self.spec.temporal else 0)
            size.insert(0, stop - start if self.spec.temporal else 1)
        if self.spec.spatial:
            first = [row * k, column * k, *first]
            size = [cells * k, cells * k, *size]
        values = self._select(tuple(first), tuple(size))
        return values[:, :, None] if self._flat else values

    def _select(self, first: tuple[int, ...], size: tuple[int, ...]) -> np.ndarray:
        if 0 in size:
            return np.zeros(size, self._dtype)
        if self.spec.spatial:
            rows = read_first_rows(self._dataset, self._shape, self._dtype, first[0] + size[0])
            if rows is not None:
                window = tuple(slice(begin, begin + count) for begin, count in zip(first, size, strict=True))
                return rows[window].copy()
        out = np.zeros(size, self._dtype)
        self._space.select_hyperslab(first, size)
        self._dataset.read(h5s.create_simple(size), self._space, out, self._type)
        return out

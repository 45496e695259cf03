"""One sample as its file holds it: opened, checked, and read by windows."""

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

import numpy as np

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.datasets.window import stored_range
from spacenit_data.h5.reader import SampleFile
from spacenit_data.h5.stored_array import StoredArray


class OpenSample:
    """An open sample whose parts were found to fit together; a context manager.

    Args:
        path: the file.
        specs: the sensors to look for; those that are not there are left out.
        listed: names of the sensors that the set's metadata say are there.
        months_from: the number of January in the file's timestamps, 0 or 1.

    Attributes:
        timestamps: int64 ``[T, 3]``.
        arrays: sensor name -> its array.
        masks: name of a sensor with time -> bool ``[T]``, the steps that it holds; None where it holds all.
        cells: cells along one side; None where none of the sensors has a grid.

    Raises:
        DataError: naming the file, and the dataset if it is one.
    """

    def __init__(
        self, path: Path, specs: Iterable[SensorSpec], listed: Iterable[str] = (), *, months_from: int = 0
    ) -> None:
        self.file = SampleFile(path, months_from)
        self._specs, self._listed = tuple(specs), tuple(listed)

    def __enter__(self) -> "OpenSample":
        try:
            self.file.__enter__()
        except DataError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            raise DataError(
                f"{self.file.path} is missing, though the set's metadata list it",
                "finish the copy or the conversion, or leave the sample out{samples}",
                things=("samples",),
            ) from error
        try:
            self.timestamps = self.file.timestamps()
            self.arrays = self._open_arrays()
            self.masks = {name: self._mask(array) for name, array in self.arrays.items() if array.spec.temporal}
            self.cells = self._cells()
        except BaseException:
            self.file.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.file.__exit__(kind, error, traceback)

    def read(
        self, row: int, column: int, cells: int, start: int, stop: int
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Read a window: `cells` x `cells` grid cells from (row, column) on, and the time steps [start, stop).

        Returns:
            Sensor name -> stored values of the steps that it has, and sensor name -> bool ``[stop - start]``, which
            those are (bool ``[1]``, true, without time).

        Raises:
            UserError: where the window does not fit into the sample.
        """
        self._check_fit(row, column, cells, start, stop)
        values, present = {}, {}
        for name, array in self.arrays.items():
            mask = self.masks.get(name)
            first, last = (start, stop) if mask is None else stored_range(mask, start, stop)
            values[name] = self._pixels(array, row, column, cells, first, last)
            every = np.ones(stop - start if array.spec.temporal else 1, dtype=bool)
            present[name] = every if mask is None else mask[start:stop]
        return values, present

    def _pixels(self, array: StoredArray, *window: int) -> np.ndarray:
        with self.file.reading(array.spec.name):
            values = array.read(*window)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise DataError(
                f"{self.file.path}: dataset {array.spec.name} holds NaN or infinite pixels",
                "missing pixels are stored as -99999: convert the sample again{unreadable}",
                things=("unreadable",),
            )
        return values

    def _open_arrays(self) -> dict[str, StoredArray]:
        found = {spec.name: self.file.array(spec) for spec in self._specs}
        arrays = {name: array for name, array in found.items() if array is not None}
        if "latlon" in arrays and np.isnan(self.file.latlon()).any():
            # So files say that nobody knows where the sample lies.
            del arrays["latlon"]
        absent = next((name for name in self._listed if name not in arrays and name != "latlon"), None)
        if absent is not None:
            raise DataError(
                f"{self.file.path} has no dataset {absent}, though sample_metadata.csv says so",
                "the metadata belong to other files: copy or convert the set again",
            )
        if not arrays:
            raise DataError(f"{self.file.path} has none of the sensors {', '.join(found)}")
        return arrays

    def _mask(self, array: StoredArray) -> np.ndarray | None:
        name, steps = array.spec.name, len(self.timestamps)
        mask = self.file.mask(name, steps)
        expected = steps if mask is None else int(np.count_nonzero(mask))
        if array.timesteps != expected:
            says = f"there are {steps} timestamps and no mask" if mask is None else f"its mask names {expected}"
            raise self.file.wrong(name, f"holds {array.timesteps} time steps, but {says}")
        return mask

    def _cells(self) -> int | None:
        sizes = {name: array.cells for name, array in self.arrays.items() if array.spec.spatial}
        if len(set(sizes.values())) > 1:
            listed = ", ".join(f"{name} {cells}" for name, cells in sizes.items())
            raise DataError(f"{self.file.path}: its sensors differ in cells a side: {listed}", "convert it again")
        return next(iter(sizes.values()), None)

    def _check_fit(self, row: int, column: int, cells: int, start: int, stop: int) -> None:
        if not 0 <= start < stop <= len(self.timestamps):
            raise UserError(
                f"the steps {start} to {stop} do not lie within the {len(self.timestamps)} of {self.file.path}"
            )
        if self.cells is not None and (min(row, column) < 0 or cells < 1 or max(row, column) + cells > self.cells):
            raise UserError(
                f"a window of {cells} x {cells} cells at row {row}, column {column} does not fit into the "
                f"{self.cells} x {self.cells} of {self.file.path}",
                "ask for a smaller window{window}",
                things=("window",),
            )

"""Square windows of a set's samples: where they lie, and how they are read."""

from collections.abc import Iterator

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.datasets import GeoreferencedDataset
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.labelled_rasters.dates import DateCut


@frozen(kw_only=True, eq=False)
class WindowLocations:
    """n square windows of one size.

    Attributes:
        sample: int ``[n]``, sample numbers.
        row: int ``[n]``, first cell row.
        column: int ``[n]``, first cell column.
        cells: cells along one side.
    """

    sample: np.ndarray
    row: np.ndarray
    column: np.ndarray
    cells: int

    def __len__(self) -> int:
        return len(self.sample)

    def take(self, chosen: np.ndarray) -> "WindowLocations":
        """Some of the windows, by bool ``[n]`` or by their numbers."""
        return evolve(self, sample=self.sample[chosen], row=self.row[chosen], column=self.column[chosen])

    @classmethod
    def around(
        cls, sample: np.ndarray, row: np.ndarray, column: np.ndarray, *, cells: int, tile_size: int
    ) -> "WindowLocations":
        """The windows whose middle is nearest to some cells; near the edge of a sample they are pushed inside.

        Raises:
            UserError: if a window is larger than a sample.
        """
        if cells > tile_size:
            what = f"windows of {cells} cells do not fit into samples of {tile_size}"
            raise UserError(what, "choose a smaller window{window}", things=("window",))
        first = [np.clip(centre - cells // 2, 0, tile_size - cells) for centre in (row, column)]
        return cls(sample=sample, row=first[0], column=first[1], cells=cells)


def read_windows(
    dataset: GeoreferencedDataset, windows: WindowLocations, *, batch_size: int, cut: DateCut | None = None
) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
    """Read windows sample by sample.

    Args:
        dataset: the set that they lie in; its sensors are read.
        windows: n windows.
        batch_size: windows at a time.
        cut: cuts series that are too long; None for none.

    Yields:
        Places of some windows among the n, int ``[B]``, and the windows.

    Raises:
        UserError: where a sample has none of the sensors.
    """
    waiting: list[tuple[int, SampleWindow]] = []
    for read in _read(dataset, windows, cut):
        waiting.append(read)
        if len(waiting) == batch_size:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(read: list[tuple[int, SampleWindow]]) -> tuple[np.ndarray, list[SampleWindow]]:
    indices, windows = zip(*read, strict=True)
    return np.array(indices), list(windows)


def _read(
    dataset: GeoreferencedDataset, windows: WindowLocations, cut: DateCut | None
) -> Iterator[tuple[int, SampleWindow]]:
    """Each window's place among the windows, and the window; a sample is read once, as far as its windows reach."""
    index_of = {int(number): index for index, number in enumerate(dataset.numbers)}
    for sample in np.unique(windows.sample):
        if int(sample) not in index_of:
            raise UserError(
                f"sample {sample} of {dataset.source} has none of the sensors {', '.join(dataset.sensors.names)}",
                "choose sensors{sensors} that all labelled samples have",
                things=("sensors",),
            )
        numbers = np.flatnonzero(windows.sample == sample)
        top, left = int(windows.row[numbers].min()), int(windows.column[numbers].min())
        reach = max(int(windows.row[numbers].max()) - top, int(windows.column[numbers].max()) - left)
        cells = reach + windows.cells
        if dataset.tile_size is not None:
            top, left = min(top, dataset.tile_size - cells), min(left, dataset.tile_size - cells)
        whole = dataset.read_window(index_of[int(sample)], row=top, column=left, cells=cells)
        whole = whole if cut is None else cut(whole, dataset.sensors)
        for number in numbers:
            row, column = int(windows.row[number]) - top, int(windows.column[number]) - left
            yield int(number), _part(whole, dataset.sensors, row, column, windows.cells)


def _part(whole: SampleWindow, sensors: SensorSet, row: int, column: int, cells: int) -> SampleWindow:
    bands = {}
    for name, values in whole.bands.items():
        if sensors[name].spatial:
            k = sensors[name].pixels_per_cell
            values = values[row * k : (row + cells) * k, column * k : (column + cells) * k]
        bands[name] = values
    return evolve(whole, bands=bands, row=whole.row + row, column=whole.column + column)

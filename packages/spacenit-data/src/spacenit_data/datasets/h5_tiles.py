"""Windows of H5 samples, ours and OlmoEarth Pretrain's."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.georeference import Georeference
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.datasets.cache import cached
from spacenit_data.datasets.index import load_index, source_spec, stored_spec
from spacenit_data.datasets.marks import marks_of
from spacenit_data.datasets.sample import OpenSample
from spacenit_data.datasets.window import draw_steps
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.months import check_months, look_at_months

_TRIES = 16


class H5Tiles:
    """A folder of ``sample_<i>.h5`` files with their ``sample_metadata.csv``; implements `GeoreferencedDataset`.

    Only the window that is asked for is read, and only of the sensors in use. Objects hold no open file, so that they
    may be copied to other processes, forked or spawned.

    Example:
        ``tile = H5Tiles(h5py_dir=folder, training_modalities=["SENTINEL2_L2A", "SENTINEL1"]).read_window(0)``

    Args:
        h5py_dir: the folder.
        training_modalities: sensors, by name in any case or as specs.
        dataset_percentage: share of the samples to use, drawn by `seed`.
        seed: seed of that draw.
        filter_idx_file: .npy file of the sample numbers to keep.
        cache_dir: local folder that files are copied to on their first use.
        months_from: the number of January in the set's timestamps, 0 or 1.

    Attributes:
        sensors: the sensors, in order.
        index: the samples in use.

    Raises:
        UserError: if the folder is not that of a set, or has none of the sensors or samples asked for.
        DataError: if the metadata are damaged, or list files that are missing.
    """

    def __init__(
        self,
        h5py_dir: Path | str,
        training_modalities: Iterable[str | SensorSpec],
        *,
        dataset_percentage: float = 1.0,
        seed: int = 0,
        filter_idx_file: Path | str | None = None,
        cache_dir: Path | str | None = None,
        months_from: int = 0,
    ) -> None:
        self.months_from = months_from
        self.folder = Path(h5py_dir).expanduser()
        self.sensors = SensorSet.of(training_modalities)
        self.cache_dir = None if cache_dir is None else Path(cache_dir).expanduser()
        self.index = load_index(
            self.folder,
            self.sensors,
            percentage=dataset_percentage,
            seed=seed,
            filter_idx_file=None if filter_idx_file is None else Path(filter_idx_file).expanduser(),
        )
        self._stored = {spec.name: stored_spec(spec, self.sensors) for spec in self.sensors}
        self._tile_size: int | None = None

    def __len__(self) -> int:
        return len(self.index.numbers)

    @property
    def source(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def numbers(self) -> np.ndarray:
        """Int64 ``[n]``: the i-th sample in use is the file ``sample_<numbers[i]>.h5``."""
        return self.index.numbers

    def path(self, index: int) -> Path:
        """The file of a sample in the set's own folder, by its position among the samples in use."""
        return self.folder / f"sample_{self.index.numbers[index]}.h5"

    @property
    def tile_size(self) -> int | None:
        """Cells along one side of a sample, from the first readable file; None if no sensor in use has a grid."""
        if self._tile_size is None and any(spec.spatial for spec in self.sensors):
            self._tile_size = self._first_tile_size()
        return self._tile_size

    def read(self, index: int, *, cells: int, max_timesteps: int, rng: np.random.Generator) -> SampleWindow:
        """Read one window: `cells` x `cells` grid cells and at most `max_timesteps` time steps, placed by `rng`.

        Raises:
            DataError: for a file that is not what it claims to be, naming it.
            UserError: where the window does not fit into the sample.
        """
        with self._open(index) as sample:
            masks = [mask for mask in sample.masks.values() if mask is not None]
            steps = draw_steps(masks, len(sample.timestamps), max_timesteps, rng)
            if steps is None:
                raise DataError(
                    f"{sample.file.path} holds no time step of {', '.join(sample.masks)}",
                    "leave it out{samples}{unreadable}",
                    things=("samples", "unreadable"),
                )
            free = 1 if sample.cells is None else max(1, sample.cells - cells + 1)
            row, column = (int(start) for start in rng.integers(free, size=2))
            return self._tile(index, sample, row, column, cells, *steps)

    def read_window(
        self,
        index: int,
        *,
        row: int = 0,
        column: int = 0,
        cells: int | None = None,
        start: int = 0,
        steps: int | None = None,
    ) -> SampleWindow:
        """Read one window at a given place.

        Args:
            index: the sample's position among those in use.
            row: first cell row.
            column: first cell column.
            cells: cells along one side; None for the whole sample.
            start: first time step.
            steps: number of time steps; None for all from `start` on.

        Raises:
            DataError: for a file that is not what it claims to be, naming it.
            UserError: where the window does not fit into the sample.
        """
        with self._open(index) as sample:
            stop = len(sample.timestamps) if steps is None else start + steps
            side = (sample.cells or 1) if cells is None else cells
            return self._tile(index, sample, row, column, side, start, stop)

    def checked_months(self) -> str:
        """How the set's months are counted, in words, by the dates of up to 64 samples.

        Raises:
            UserError: where they show that the set counts otherwise than it is read.
        """
        found = look_at_months(self.folder, self.index.numbers)
        check_months(found, self.months_from, self.folder)
        return found.sentence(self.months_from)

    def georeference(self) -> Georeference:
        """Where the samples lie, those that are not in use included.

        Raises:
            DataError: if the set does not say, or its table is damaged.
        """
        # Late, because it needs rasterio, and training reads samples without it.
        from spacenit_data.datasets.georeference import read_georeference

        return read_georeference(self.folder)

    def version(self) -> str:
        """By the table of its samples."""
        return hashlib.sha256((self.folder / METADATA_CSV).read_bytes()).hexdigest()[:16]

    def marks(self) -> dict[str, str]:
        """What tells this set apart from others, see `marks_of`."""
        return marks_of(self.index, self.folder)

    def _open(self, index: int) -> OpenSample:
        path = self.path(index)
        if self.cache_dir is not None:
            path = self._cached(path, self.cache_dir)
        listed = [name for name, has in self.index.listed.items() if has[index]]
        return OpenSample(path, self._stored.values(), listed, months_from=self.months_from)

    @staticmethod
    def _cached(path: Path, cache_dir: Path) -> Path:
        try:
            return cached(path, cache_dir)
        except OSError as error:
            raise UserError(
                f"{path} cannot be copied to {cache_dir}: {error}",
                "check cache_dir{cache} and the space that is left there",
                things=("cache",),
            ) from error

    def _first_tile_size(self) -> int | None:
        first_error: DataError | None = None
        for index in range(min(_TRIES, len(self))):
            try:
                with self._open(index) as sample:
                    if sample.cells is not None:
                        return sample.cells
            except DataError as error:
                first_error = first_error or error
        if first_error is not None:
            self.checked_months()
            raise first_error
        return None

    def _tile(
        self, index: int, sample: OpenSample, row: int, column: int, cells: int, start: int, stop: int
    ) -> SampleWindow:
        if sample.cells is not None and self._tile_size is not None and sample.cells != self._tile_size:
            raise DataError(
                f"{sample.file.path} has {sample.cells} cells a side, but the set's samples {self._tile_size}",
                "convert all samples of a set with one tile size",
            )
        stored, present = sample.read(row, column, cells, start, stop)
        bands = {
            spec.name: self._values(spec, stored) for spec in self.sensors if self._stored[spec.name].name in stored
        }
        latlon = self.index.latlon[index]
        return SampleWindow(
            index=int(self.index.numbers[index]),
            bands=bands,
            present={name: present[self._stored[name].name] for name in bands},
            timestamps=sample.timestamps[start:stop],
            latlon=sample.file.latlon() if np.isnan(latlon).any() else latlon,
            row=row,
            column=column,
        )

    def _values(self, spec: SensorSpec, stored: dict[str, np.ndarray]) -> np.ndarray:
        if spec.derived is None:
            return stored[spec.name]
        return spec.derived.derive(self._values(source_spec(spec, self.sensors), stored))

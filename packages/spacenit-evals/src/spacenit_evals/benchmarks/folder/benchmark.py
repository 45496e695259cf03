"""Images of a folder, opened for a model."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Draw, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import NODATA
from spacenit_data.rasters.quiet import open_quietly
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.folder.config import INVENTED_DATE, LabelledFolder
from spacenit_evals.benchmarks.folder.table import SIDES, Row, read_table
from spacenit_evals.benchmarks.grouped_folds import grouped_folds
from spacenit_evals.benchmarks.middles import middle_of


@frozen(kw_only=True, eq=False)
class LabelledImages(Benchmark):
    """Images with a class each.

    Attributes:
        config: its settings.
        folder: where they lie.
        inputs: what they hold.
        rows: the table.
        classes: names by label.
        order: places of the sensor's bands among those of the files.
        draws: the table's split, or folds of groups.
        version: of table and images.
    """

    config: LabelledFolder
    folder: Path
    inputs: ModelInputs
    rows: tuple[Row, ...]
    classes: tuple[str, ...]
    order: dict[int, int]
    draws: tuple[Draw, ...]
    version: str

    @classmethod
    def of(cls, config: LabelledFolder, folder: Path, inputs: ModelInputs) -> "LabelledImages":
        """Read the table, and how the bands of the first file lie.

        Raises:
            UserError: where the groups cannot be dealt into folds.
            DataError: where table or file are not what they should be.
        """
        rows = tuple(read_table(folder, config.table))
        classes = tuple(sorted({row.label for row in rows}))
        labels = np.array([classes.index(row.label) for row in rows])
        return cls(
            config=config,
            folder=folder,
            inputs=inputs,
            rows=rows,
            classes=classes,
            order=_order(rows[0].file, config.bands, next(iter(inputs.sensors)).bands),
            draws=_draws(rows, labels, config),
            version=_version(rows),
        )

    @property
    def facts(self) -> BenchmarkFacts:
        """The classes, and the dates where all are stated."""
        days = [row.day for row in self.rows if row.day is not None]
        return BenchmarkFacts(
            task="classification",
            classes=self.classes,
            sensors=self.inputs.sensors,
            version=self.version,
            dates=(str(min(days)), str(max(days))) if len(days) == len(self.rows) else None,
        )

    @property
    def labels(self) -> np.ndarray:
        """By class in alphabetical order, int ``[n]``."""
        return np.array([self.classes.index(row.label) for row in self.rows], dtype=np.int64)

    @property
    def groups(self) -> np.ndarray:
        """As the table states them; where it does not, each image is one of its own."""
        return _groups(self.rows)

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Images in the units of the sensor."""
        numbers = self.numbers if numbers is None else numbers
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self._sample(int(number)) for number in here]

    def setup(self) -> dict[str, object]:
        """Folder, sensor and scale."""
        divided = bool(self.rows[0].split)
        own = {} if divided else {"folds": self.config.folds, "draws": self.config.draws, "seed": self.config.seed}
        return {
            "data": str(self.folder),
            "sensors": list(self.inputs.sensors.names),
            "patch_size": self.inputs.patch_size,
            "scale": self.config.scale,
            "class_names": [f"{label} {name}" for label, name in enumerate(self.classes)],
            **own,
        }

    def remarks(self) -> dict[str, object]:
        """Dates and bands that the images do not have."""
        undated = sum(row.day is None for row in self.rows)
        remarks: dict[str, object] = {}
        if undated:
            remarks["dates"] = f"{undated} of {len(self.rows)} have none; {INVENTED_DATE} stands for them"
        spec = next(iter(self.inputs.sensors))
        absent = [band for place, band in enumerate(spec.bands) if place not in self.order]
        if absent:
            remarks["bands_absent"] = ", ".join(absent)
        if not self.rows[0].group:
            remarks["groups"] = "none in the table: each image counts as one, however alike neighbours are"
        return remarks

    def _sample(self, number: int) -> SampleWindow:
        row, spec = self.rows[number], next(iter(self.inputs.sensors))
        day = row.day or INVENTED_DATE
        pixels, middle = self._read(row.file, len(spec.bands))
        return SampleWindow(
            index=number,
            bands={spec.name: pixels},
            present={spec.name: np.ones(1, dtype=bool)},
            timestamps=np.array([(day.day, day.month - 1, day.year)], dtype=np.int32),
            latlon=middle,
        )

    def _read(self, file: Path, bands: int) -> tuple[np.ndarray, np.ndarray]:
        """The image, float32 ``[H, W, 1, C]`` with -99999 where it has no number, and where its middle lies."""
        with _opened(file) as image:
            stored, middle = image.read(masked=True), middle_of(image)
        if len(stored) <= max(self.order.values()):
            raise DataError(
                f"{file} has {len(stored)} bands, fewer than {self.rows[0].file.name}", "give files of one kind"
            )
        out = np.full((*stored.shape[1:], 1, bands), NODATA, np.float32)
        for place, band in self.order.items():
            numbers = stored[band].astype(np.float64)
            there = ~np.ma.getmaskarray(numbers) & np.isfinite(numbers.data)
            out[:, :, 0, place] = np.where(there, numbers.data * self.config.scale, NODATA)
        return out, middle


def _version(rows: tuple[Row, ...]) -> str:
    """Tells table and images from others, wherever they lie."""
    table = [f"{row.file.name},{row.label},{row.split},{row.group},{row.day}" for row in rows]
    try:
        return digest_of(table, [row.file for row in rows])
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}", "copy it again") from error


@contextmanager
def _opened(file: Path) -> Iterator[rasterio.DatasetReader]:
    """An image, wherever it lies, or nowhere.

    Raises:
        DataError: where it cannot be opened, or read while it is open.
    """
    try:
        with open_quietly(str(file)) as image:
            yield image
    except rasterio.errors.RasterioError as error:
        raise DataError(f"{file} cannot be read: {error}", "copy it again, or leave it out of the table") from error


def _order(file: Path, stated: tuple[str, ...], bands: tuple[str, ...]) -> dict[int, int]:
    """Place of each of the sensor's bands -> its place in the files."""
    with _opened(file) as image:
        count, described = image.count, [str(text or "") for text in image.descriptions]
    names = list(stated) or described
    if stated and len(stated) != count:
        raise DataError(f"{file} has {count} bands, and {len(stated)} are named", "name one for each")
    plain = {name.lower(): place for place, name in enumerate(names)}
    found = {place: plain[band.lower()] for place, band in enumerate(bands) if band.lower() in plain}
    if not found:
        raise DataError(
            f"{file} does not say which of its {count} bands are {', '.join(bands)}",
            f"name them in its order: --benchmark.bands=[{','.join(bands[:count])}]",
        )
    return found


def _groups(rows: tuple[Row, ...]) -> np.ndarray:
    keys = [row.group or str(row.file) for row in rows]
    return np.unique(keys, return_inverse=True)[1].reshape(-1)


def _draws(rows: tuple[Row, ...], labels: np.ndarray, config: LabelledFolder) -> tuple[Draw, ...]:
    if not rows[0].split:
        groups = _groups(rows)
        return grouped_folds(groups, labels, folds=config.folds, draws=config.draws, seed=config.seed)
    train, validation, test = (np.array([row.split == side for row in rows]) for side in SIDES)
    return ((Split(train, test, validation if validation.any() else None),),)

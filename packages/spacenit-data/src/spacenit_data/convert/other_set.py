"""From a sample of another H5 set to samples in our layout."""

import itertools
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from attrs import field, frozen

from spacenit_core.errors import DataError, SpaceNitError, UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import did_you_mean
from spacenit_data.convert.cutting import cut
from spacenit_data.convert.produced import Produced
from spacenit_data.convert.units import UnitSettings, to_stored, with_missing
from spacenit_data.h5.files import RESERVED
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.h5.reader import open_sample
from spacenit_data.h5.sample import SampleArrays
from spacenit_data.listing import Listing
from spacenit_data.sample_set import (
    as_images,
    installed_spec,
    sample_path,
    sensor_names,
)

_TRIES = 16
"""Damaged samples after which no further one is asked for its size."""


@frozen
class ListedSample:
    """A line of ``sample_metadata.csv``.

    Attributes:
        number: the sample's number.
        sensors: the sensors that it should have.
    """

    number: int
    sensors: tuple[str, ...]

    def __str__(self) -> str:
        return f"sample {self.number}"


def read_listing(folder: Path) -> tuple[tuple[str, ...], list[ListedSample]]:
    """The sensors and samples of a set, by its metadata.

    Raises:
        UserError: if the folder has no metadata.
        DataError: if they make no sense.
    """
    path = folder / METADATA_CSV
    if not path.is_file():
        raise UserError(
            f"{folder} holds no {METADATA_CSV}", "name the folder of a finished set, the one with sample_0.h5"
        )
    listing = Listing.read(folder).in_files(folder)
    names = [name for name in listing.sensors if name not in RESERVED]
    held = np.stack([listing.sensors[name] for name in names], axis=1) if names else np.zeros((len(listing.numbers), 0))
    shared = {row.tobytes(): tuple(itertools.compress(names, row)) for row in np.unique(held, axis=0)}
    samples = [
        ListedSample(number, shared[row.tobytes()]) for number, row in zip(listing.numbers.tolist(), held, strict=True)
    ]
    return tuple(names), sorted(samples, key=lambda sample: sample.number)


def choose(names: tuple[str, ...], known: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    """The sensors of these names (any case), all of the set if there are none.

    Raises:
        UserError: for a sensor that the set does not have.
    """
    chosen = tuple(sorted({name.lower() for name in names})) or known
    for name in chosen:
        if name not in known:
            raise UserError(
                f"{folder} has no sensor {name!r}", did_you_mean(name, known) or f"it has {', '.join(known)}"
            )
    return chosen


def tile_size_of(folder: Path, samples: list[ListedSample]) -> tuple[int, float]:
    """Cells along one side of a set's samples, and metres per cell, from the first that has an array with a grid.

    Raises:
        DataError: if there is none among the samples that can be read, of which the first few are looked at.
    """
    first_error: DataError | None = None
    damaged = 0
    for sample in samples:
        try:
            found = _tile_size(sample_path(folder, sample.number), sample.sensors)
        except DataError as error:
            first_error, damaged = first_error or error, damaged + 1
            if damaged == _TRIES:
                break
            continue
        if found is not None:
            return found
    raise first_error or DataError(f"no sample of {folder} has an array with a grid")


def _tile_size(path: Path, listed: Collection[str]) -> tuple[int, float] | None:
    with open_sample(path) as file:
        for name in sensor_names(file, listed):
            shape = file.shape(name)
            if len(shape) >= 3:
                spec = installed_spec(name)
                return shape[0] // (spec.pixels_per_cell if spec else 1), spec.grid_gsd if spec else 10.0
    return None


@frozen(kw_only=True)
class SetSource:
    """Reads a sample of another set whole and cuts it, if asked to.

    Attributes:
        folder: the set.
        sensors: names of the sensors to keep.
        cells: cells along one side of the set's samples.
        tile_size: cells along one side of the samples to make.
        gsd: metres per cell, for samples whose location is unknown.
        required: sensors that every sample has.
        months_from: the number of January in the set's timestamps, 0 or 1.
        units: what the user says of numbers and of missing pixels.
    """

    folder: Path
    sensors: tuple[str, ...]
    cells: int
    tile_size: int
    gsd: float
    required: tuple[str, ...]
    months_from: int = 0
    units: UnitSettings = field(factory=UnitSettings)

    def __call__(self, listed: ListedSample) -> Produced:
        """Convert one sample.

        Raises:
            DataError: naming the file that cannot be read, or is not what the metadata say.
        """
        chosen = [name for name in self.sensors if name in listed.sensors]
        reason = self._reason_to_leave_out(chosen)
        if reason:
            return Produced(left_out=reason)
        path = sample_path(self.folder, listed.number)
        with open_sample(path, self.months_from) as file:
            absent = [name for name in listed.sensors if name not in file.members]
            if absent:
                raise DataError(f"{path} has no {absent[0]}, though {METADATA_CSV} says so", "copy the set again")
            times = file.timestamps()
            masks = {name: file.mask(name, len(times)) for name in chosen}
            sample = SampleArrays(
                bands={name: as_images_of(name, file.pixels(name)) for name in chosen},
                present={name: mask for name, mask in masks.items() if mask is not None},
                timestamps=times,
                latlon=file.latlon(),
                location=file.location(),
            )
        return self._checked(sample, path)

    def files(self, listed: ListedSample) -> list[Path]:
        """What it reads of a sample."""
        return [sample_path(self.folder, listed.number)]

    def _reason_to_leave_out(self, names: list[str]) -> str | None:
        lacking = [name for name in self.required if name not in names]
        return f"no {lacking[0]}" if lacking else None if names else "none of the sensors"

    def _checked(self, sample: SampleArrays, path: Path) -> Produced:
        dropped: dict[str, str] = {}
        notes: dict[str, str] = {}
        for name, values in sample.bands.items():
            spec = installed_spec(name)
            if spec is not None and values.shape[-1:] != (len(spec.bands),):
                raise DataError(
                    f"{path}: {name} has the shape {list(values.shape)}, but {len(spec.bands)} bands", "copy it again"
                )
        with _naming(path):
            sample.check(self.sensors, self.cells)
        for name, values in list(sample.bands.items()):
            spec = installed_spec(name)
            missing = _missing(spec, values, self.units.nodata)
            if missing.any() and not self.units.store_missing:
                del sample.bands[name]
                sample.present.pop(name, None)
                finite = values.dtype.kind != "f" or np.isfinite(values).all()
                dropped[name] = "nodata pixels" if finite else "NaN or infinite pixels"
            elif spec is not None:
                sample.bands[name] = self._stored(spec, sample, missing, path, notes)
            else:
                sample.bands[name] = with_missing(values, missing)
        reason = self._reason_to_leave_out(list(sample.bands))
        if reason:
            return Produced(left_out=reason, dropped=dropped, notes=notes)
        with _naming(path):
            pieces = tuple(cut(sample, self.cells, self.tile_size, self.gsd))
        return Produced(samples=pieces, dropped=dropped, notes=notes)

    def _stored(
        self, spec: SensorSpec, sample: SampleArrays, missing: np.ndarray, path: Path, notes: dict[str, str]
    ) -> np.ndarray:
        """A sensor's images in stored units; what is to be said of them is added to the notes."""
        times, mask = sample.timestamps, sample.present.get(spec.name)
        dates = [(int(day), int(month), int(year)) for day, month, year in (times if mask is None else times[mask])]
        values = sample.bands[spec.name]
        with _naming(path):
            made = to_stored(spec, values, missing, dates, self.units, power_is_usual=False)
        notes.update(made.notes)
        return made.values


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except SpaceNitError as error:
        raise DataError(f"{path}: {error.message}", error.template, things=error.things) from error


def _missing(spec: SensorSpec | None, values: np.ndarray, nodata: Sequence[float]) -> np.ndarray:
    """What other sets write for missing pixels besides -99999: bool, like the values."""
    missing = ~np.isfinite(values) if values.dtype.kind == "f" else np.zeros(values.shape, bool)
    numbers = (*nodata, *(spec.raw_nodata if spec is not None else ()))
    return missing | np.isin(values, numbers) if numbers else missing


def as_images_of(name: str, values: np.ndarray) -> np.ndarray:
    """A stored array with all of its axes: [H, W, S, C], [S, C] or, without grid and time, [C]."""
    return values if values.ndim == 1 else as_images(values, installed_spec(name))

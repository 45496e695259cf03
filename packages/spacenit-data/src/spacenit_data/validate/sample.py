"""Everything that one sample file is checked for."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np
from attrs import Factory, define, frozen

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_data.h5.files import MASKS
from spacenit_data.h5.reader import SampleFile, reading
from spacenit_data.h5.timestamps import LateMonthError, read_dates
from spacenit_data.months import MonthsFound, exists
from spacenit_data.sample_set import LARGEST_ARRAY, as_images, installed_spec, is_foreign, sample_path
from spacenit_data.validate.images import first_lifted, image_problems
from spacenit_data.validate.problems import Problem

MANY_OUTSIDE = 0.01
"""From this share of pixels on, values outside the sensor's range are an error and not outliers."""


@define(kw_only=True)
class ArrayFacts:
    """What one sensor's array holds.

    Attributes:
        shape: its shape.
        dtype: its data type.
        cells: cells along one side; None without a grid, or where the sensor is unknown.
        values: numbers read (0 where pixels were not looked at).
        missing: how many of them are -99999.
        outside: how many lie outside the sensor's range.
        low: smallest value that is not missing; None where there is none.
        high: largest value.
        lifted: the first date that holds an offset which others do not, as `first_lifted` says it.
    """

    shape: tuple[int, ...]
    dtype: str
    cells: int | None = None
    values: int = 0
    missing: int = 0
    outside: int = 0
    low: float | None = None
    high: float | None = None
    lifted: str | None = None


@define(kw_only=True)
class SampleFindings:
    """What was found in one file.

    Attributes:
        number: the sample's number.
        problems: what is wrong.
        arrays: sensor -> facts.
        latlon: its centre in degrees, where it has one.
        place_and_dates: hash of centre, place and timestamps.
        checksummed: whether every dataset has a checksum.
        sha256: of the file's bytes, where asked for.
        days: its dates; none where one of them is impossible.
        months: what its dates say about how months are counted.
        miscounted: the problem with its dates, which they do not have if months are counted the other way.
    """

    number: int
    problems: list[Problem] = Factory(list)
    months: MonthsFound = Factory(MonthsFound)
    miscounted: Problem | None = None
    days: list[dt.date] = Factory(list)
    arrays: dict[str, ArrayFacts] = Factory(dict)
    latlon: tuple[float, float] | None = None
    place_and_dates: str | None = None
    checksummed: bool = True
    sha256: str | None = None


@frozen(kw_only=True)
class SampleChecker:
    """Checks the files of one set; travels to worker processes.

    Attributes:
        folder: the set's folder.
        specs: sensors to know besides those that are installed.
        pixels: whether to read the pixels.
        hashes: whether to hash the files.
        listed: the sensors of the set by its metadata; None where they do not say.
        months_from: the number of January in the files, 0 or 1.
    """

    folder: Path
    specs: Mapping[str, SensorSpec]
    listed: frozenset[str] | None = None
    months_from: int = 0
    pixels: bool = True
    hashes: bool = False

    def __call__(self, number: int) -> SampleFindings:
        """Check one file; whatever is wrong with it is among the findings."""
        path = sample_path(self.folder, number)
        found = SampleFindings(number=number)
        try:
            with reading(path):
                if self.hashes:
                    with path.open("rb") as raw:
                        found.sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
                with SampleFile(path) as file:
                    _FileCheck(self, file, found, path.name).run()
        except DataError as error:
            found.problems.append(Problem("unreadable", path.name, _brief(error.__cause__ or error)))
        return found


def _brief(error: BaseException) -> str:
    return str(error).splitlines()[0][:160] if str(error) else type(error).__name__


@frozen
class _FileCheck:
    settings: SampleChecker
    file: SampleFile
    found: SampleFindings
    name: str

    def run(self) -> None:
        latlon = self._small("latlon")
        times = self._small("timestamps")
        if latlon is not None:
            self._check_latlon(latlon)
        if times is not None:
            self._check_times(times)
        if latlon is not None and times is not None:
            place = str([self.file.members.attrs.get(key) for key in ("crs", "left", "top")]).encode()
            digest = hashlib.sha256(latlon.tobytes() + times.tobytes() + place)
            self.found.place_and_dates = digest.hexdigest()
        steps = len(times) if times is not None and times.ndim == 2 else None
        if not isinstance(self.file.members.get(MASKS), h5py.Group | None):
            self._report("layout", f"{MASKS} is not a group of masks")
        for name in self.file.names():
            if name not in self.settings.specs and is_foreign(self.file, name, self.settings.listed):
                self._report("foreign", name)
            else:
                self._check_array(name, steps)
        if not self.found.arrays and not any(p.check in ("layout", "link") for p in self.found.problems):
            self._report("layout", "holds no sensor")

    def _report(self, check: str, what: str) -> None:
        self.found.problems.append(Problem(check, self.name, what))

    def _dataset(self, name: str, *, optional: bool = False) -> h5py.Dataset | None:
        """The dataset of a name, if it is one and its bytes lie in this file."""
        members = self.file.members
        if name not in members and members.get(name, getlink=True) is None:
            if not optional:
                self._report("layout", f"has no dataset {name}")
            return None
        if not isinstance(members.get(name, getlink=True), h5py.HardLink):
            self._report("link", f"{name} is a link, not a dataset")
            return None
        dataset = members[name]
        if not isinstance(dataset, h5py.Dataset):
            self._report("layout", f"{name} is not a dataset")
            return None
        if dataset.external or dataset.is_virtual:
            self._report("link", f"the pixels of {name} lie in another file")
            return None
        if dataset.dtype.hasobject or dataset.dtype.kind not in "biuf":
            self._report("type", f"{name} holds {dataset.dtype}")
            return None
        if dataset.nbytes > LARGEST_ARRAY:
            self._report("size", f"{name} claims {list(dataset.shape)} values")
            return None
        self.found.checksummed &= bool(dataset.fletcher32)
        return dataset

    def _values(self, name: str) -> np.ndarray | None:
        try:
            return self.file.values(name)
        except DataError as error:
            self._report("checksum", f"{name}: {_brief(error.__cause__ or error)}")
            return None

    def _small(self, name: str, *, optional: bool = False) -> np.ndarray | None:
        dataset = self._dataset(name, optional=optional)
        return None if dataset is None else self._values(name)

    def _check_latlon(self, latlon: np.ndarray) -> None:
        if latlon.shape != (2,):
            self._report("latlon", f"has the shape {list(latlon.shape)}, not [2]")
            return
        lat, lon = (float(value) for value in latlon)
        self.found.latlon = (lat, lon)
        # NaN stands for an unknown place.
        if abs(lat) > 90 or abs(lon) > 180:
            swapped = "; latitude comes first" if abs(lat) > 90 and abs(lon) <= 90 else ""
            self._report("latlon", f"is {lat:g}, {lon:g}{swapped}")

    def _check_times(self, times: np.ndarray) -> None:
        first = self.settings.months_from
        try:
            dates = read_dates(times, first)
        except LateMonthError:
            dates = read_dates(times, 1)
            dates[:, 1] += 1
        except ValueError as error:
            self._report("date", f"timestamps: {error}")
            return
        self.found.months = MonthsFound.of(dates + np.array((0, first, 0)))
        stamps = [(int(year), int(month), int(day)) for day, month, year in dates]
        if self.found.months.impossible[first]:
            year, month, day = next(stamp for stamp in stamps if not exists(stamp[2], stamp[1] + 1, stamp[0]))
            problem = Problem("date", self.name, f"day {day}, month {month + first}, year {year}")
            if self.found.months.impossible[1 - first]:
                self.found.problems.append(problem)
            else:
                self.found.miscounted = problem
        elif all(exists(day, month + 1, year) for year, month, day in stamps):
            self.found.days = [dt.date(year, month + 1, day) for year, month, day in stamps]
        if len(set(stamps)) < len(stamps):
            self._report("repeated-date", f"{len(stamps) - len(set(stamps))} of {len(stamps)}")
        if stamps != sorted(stamps):
            self._report("date-order", "they go back in time")

    def _check_array(self, name: str, steps: int | None) -> None:
        dataset = self._dataset(name)
        spec = self.settings.specs.get(name) or installed_spec(name)
        if spec is None:
            self._report("unknown-sensor", name)
        if dataset is None:
            return
        self.found.arrays[name] = ArrayFacts(shape=dataset.shape, dtype=str(dataset.dtype))
        mask = self._small(f"{MASKS}/{name}", optional=True)
        if 0 in dataset.shape:
            self._report("empty", f"{name} has the shape {list(dataset.shape)}")
            return
        if spec is not None and not self._check_shape(spec, dataset.shape):
            return
        if steps is not None:
            self._check_steps(name, spec, dataset.shape, mask, steps)
        if self.settings.pixels:
            values = self._values(name)
            if values is not None:
                self._check_values(name, spec, as_images(values, spec))
                if spec is not None:
                    self._check_images(spec, as_images(values, spec), mask)

    def _check_images(self, spec: SensorSpec, values: np.ndarray, mask: np.ndarray | None) -> None:
        reported = {(problem.check, problem.what.partition(":")[0]) for problem in self.found.problems}
        for problem in image_problems(spec, values, self.name):
            if problem.check != "units" or ("range", spec.name) not in reported:
                self.found.problems.append(problem)
        days = self.found.days
        if mask is not None and mask.shape == (len(days),):
            days = [day for day, there in zip(days, mask, strict=True) if there]
        self.found.arrays[spec.name].lifted = first_lifted(spec, values, days)

    def _check_shape(self, spec: SensorSpec, shape: tuple[int, ...]) -> bool:
        rank = 2 * spec.spatial + (spec.spatial or spec.temporal) + 1
        flat = spec.spatial and not spec.temporal and len(shape) == 3
        fits = (len(shape) == rank or flat) and shape[-1] == len(spec.bands)
        if spec.spatial:
            fits = fits and shape[0] == shape[1] and shape[0] % spec.pixels_per_cell == 0
        if fits and spec.spatial and not spec.temporal and not flat:
            fits = shape[2] == 1
        if not fits:
            self._report("shape", f"{spec.name} is {list(shape)}, but has {rank} axes and {len(spec.bands)} bands")
        elif spec.spatial:
            self.found.arrays[spec.name].cells = shape[0] // spec.pixels_per_cell
        return fits

    def _check_steps(
        self, name: str, spec: SensorSpec | None, shape: tuple[int, ...], mask: np.ndarray | None, steps: int
    ) -> None:
        if mask is not None and (mask.shape != (steps,) or mask.dtype.kind not in "bui"):
            self._report(
                "steps", f"the mask of {name} is {mask.dtype}{list(mask.shape)}, but there are {steps} timestamps"
            )
            return
        if len(shape) < 2 or (spec is not None and not spec.temporal) or (mask is None and len(shape) == 3):
            return
        expected = steps if mask is None else int(mask.astype(bool).sum())
        if (mask is not None or spec is not None) and shape[-2] != expected:
            source = "timestamps" if mask is None else "steps in its mask"
            self._report("steps", f"{name} holds {shape[-2]} steps, but there are {expected} {source}")

    def _check_values(self, name: str, spec: SensorSpec | None, values: np.ndarray) -> None:
        facts = self.found.arrays[name]
        there = values != NODATA
        facts.values, facts.missing = values.size, int(values.size - there.sum())
        if values.dtype.kind == "f":
            nan, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
            if nan:
                self._report("nan", f"{name}: {nan} of {values.size}")
            if infinite:
                self._report("infinite", f"{name}: {infinite} of {values.size}")
            if nan or infinite:
                there &= np.isfinite(values)
        known = values[there]
        if not known.size:
            self._report("empty", f"{name} has no pixel, only missing ones")
            return
        facts.low, facts.high = float(known.min()), float(known.max())
        if spec is None or (facts.low >= spec.value_range[0] and facts.high <= spec.value_range[1]):
            return
        facts.outside = int(((known < spec.value_range[0]) | (known > spec.value_range[1])).sum())
        share = facts.outside / known.size
        low, high = spec.value_range
        self._report(
            "range" if share >= MANY_OUTSIDE else "outliers",
            f"{name}: {share:.2g} of its pixels, from {facts.low:g} to {facts.high:g} instead of {low:g} to {high:g}",
        )

"""Check a whole set."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from attrs import Factory, define

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.metadata import LATLON_NPY, LOCATIONS_CSV, METADATA_CSV, SETTINGS_JSON
from spacenit_data.months import MonthsFound
from spacenit_data.pool import ordered_map
from spacenit_data.sample_set import find_set
from spacenit_data.validate.images import Steps
from spacenit_data.validate.metadata import Metadata
from spacenit_data.validate.problems import ERROR, Problem, ProblemTable
from spacenit_data.validate.record import SIDECAR, hash_file, read_sidecar, write_sidecar
from spacenit_data.validate.sample import ArrayFacts, SampleChecker

METADATA_FILES = (METADATA_CSV, LATLON_NPY, SETTINGS_JSON, LOCATIONS_CSV)

NOT_RECORDED = ("unreadable", "checksum", "recorded-hash", "size", "link")
"""Problems of bytes rather than of content: hashes of such files would seal the damage."""


@define(kw_only=True)
class SensorTotals:
    """One sensor over the whole set.

    Attributes:
        files: files that hold it.
        shapes: shapes without the axis of time, and how often they occur.
        dtypes: data types, and how often they occur.
        values: numbers looked at.
        missing: how many of them are missing.
        outside: how many lie outside the sensor's range.
        low: the smallest.
        high: the largest.
    """

    files: int = 0
    shapes: Counter[tuple[int, ...]] = Factory(Counter)
    dtypes: Counter[str] = Factory(Counter)
    values: int = 0
    missing: int = 0
    outside: int = 0
    low: float | None = None
    high: float | None = None

    def add(self, facts: ArrayFacts) -> None:
        """Take in one file's array."""
        self.files += 1
        self.shapes[(*facts.shape[:2], *facts.shape[3:]) if len(facts.shape) == 4 else facts.shape[-1:]] += 1
        self.dtypes[facts.dtype] += 1
        self.values += facts.values
        self.missing += facts.missing
        self.outside += facts.outside
        if facts.low is not None and facts.high is not None:
            self.low = facts.low if self.low is None else min(self.low, facts.low)
            self.high = facts.high if self.high is None else max(self.high, facts.high)


@define(kw_only=True)
class ValidationReport:
    """What is known about a set after its check.

    Attributes:
        folder: the set.
        samples: sample files that are there.
        checksummed: how many of them have a checksum on every dataset.
        recorded: files whose hash was compared with the sidecar.
        sensors: totals per sensor.
        problems: what is wrong.
        sidecar: the sidecar, where one was written.
        months: what the dates say about how months are counted.
        months_from: how they were read, 0 or 1.
    """

    folder: Path
    samples: int = 0
    checksummed: int = 0
    recorded: int = 0
    sensors: dict[str, SensorTotals] = Factory(dict)
    problems: ProblemTable = Factory(ProblemTable)
    sidecar: Path | None = None
    months: MonthsFound = Factory(MonthsFound)
    months_from: int = 0

    @property
    def ok(self) -> bool:
        """Whether there are no errors."""
        return not self.problems.total(ERROR)


def validate_set(
    folder: Path | str,
    *,
    quick: bool = False,
    record: bool = False,
    sidecar: Path | None = None,
    specs: Iterable[SensorSpec] = (),
    months_from: int = 0,
    workers: int = 1,
    progress: bool = False,
    limit: int = 20,
) -> ValidationReport:
    """Check every file of a set.

    Args:
        folder: the set's folder, or one above it.
        quick: check structure and metadata, and read neither pixels nor hashes.
        record: write a sidecar of hashes, if the files can be read.
        sidecar: where the hashes are kept; ``SHA256SUMS`` in the set's folder if None.
        specs: sensors to know besides those that are installed.
        months_from: the number of January in the set's timestamps, 0 or 1.
        workers: processes.
        progress: whether to show a progress bar.
        limit: how many problems of each check are kept with their file.

    Raises:
        UserError: if there is no set.
        DataError: if the sidecar makes no sense or cannot be written.
    """
    if quick and record:
        raise UserError(
            "--quick reads no pixels, and so cannot vouch for what --record would write", "leave one of them out"
        )
    folder = find_set(folder)
    if sidecar is not None and not record and not sidecar.exists():
        raise UserError(f"there is no file {sidecar}", "--record writes the hashes; --sidecar says where they are")
    sidecar = sidecar or folder / SIDECAR
    recorded = {} if quick else read_sidecar(sidecar)
    report = ValidationReport(folder=folder, problems=ProblemTable(limit), months_from=months_from)
    metadata = Metadata.read(folder, report.problems.add)
    checker = SampleChecker(
        folder=folder,
        specs={spec.name: spec for spec in specs},
        pixels=not quick,
        hashes=record or bool(recorded),
        listed=None if metadata.sensors is None else frozenset(metadata.columns),
        months_from=months_from,
    )
    hashes = _check_samples(report, metadata, checker, workers=workers, progress=progress)
    if checker.hashes:
        hashes |= {name: hash_file(folder / name) for name in METADATA_FILES if (folder / name).exists()}
        _compare_hashes(report, hashes, recorded)
    if record and not any(report.problems.counts.get(check) for check in NOT_RECORDED):
        write_sidecar(sidecar, hashes)
        report.sidecar = sidecar
    return report


def _check_samples(
    report: ValidationReport, metadata: Metadata, checker: SampleChecker, *, workers: int, progress: bool
) -> dict[str, str]:
    """Check all files; returns their hashes, where asked for."""
    hashes, places, kinds, steps = {}, dict[str, str](), _Kinds(), Steps()
    miscounted: list[Problem] = []
    results = ordered_map(checker, metadata.numbers, workers=workers, label="checking", progress=progress)
    for found in results:
        name = f"sample_{found.number}.h5"
        report.samples += 1
        report.checksummed += found.checksummed and bool(found.arrays)
        for problem in found.problems:
            report.problems.add(problem)
        metadata.compare(found, report.problems.add)
        report.months = report.months.merge(found.months)
        miscounted += [found.miscounted] if found.miscounted else []
        for sensor, facts in found.arrays.items():
            report.sensors.setdefault(sensor, SensorTotals()).add(facts)
            kinds.add(sensor, facts, name)
            steps.add(sensor, facts.lifted, name)
        if found.sha256 is not None:
            hashes[name] = found.sha256
        if found.place_and_dates is not None:
            first = places.setdefault(found.place_and_dates, name)
            if first != name:
                report.problems.add(Problem("repeated-sample", name, f"has the place and dates of {first}"))
    kinds.report_odd(report.problems)
    steps.report(report.problems)
    _report_months(report, miscounted)
    return hashes


def _report_months(report: ValidationReport, miscounted: Iterable[Problem]) -> None:
    """One problem where the whole set counts otherwise than it is read, one for each file where only some dates do."""
    found = report.months.counted_from
    if found is not None and found != report.months_from:
        what = f"{report.months.sentence(report.months_from)}: read the set with months_from={found}"
        report.problems.add(Problem("months", "timestamps", what))
        return
    for problem in miscounted:
        report.problems.add(problem)


@define
class _Kinds:
    """Sizes and data types in a set, with the first file of each, to find the odd ones."""

    cells: Counter[int] = Factory(Counter)
    types: dict[str, Counter[str]] = Factory(dict)
    first: dict[tuple[str, int | str], str] = Factory(dict)

    def add(self, sensor: str, facts: ArrayFacts, file: str) -> None:
        if facts.cells is not None:
            self.cells[facts.cells] += 1
            self.first.setdefault(("", facts.cells), f"{file} ({sensor})")
        # What holds missing pixels may have needed another type than what holds none.
        if facts.dtype == "float32" and facts.missing:
            return
        self.types.setdefault(sensor, Counter())[facts.dtype] += 1
        self.first.setdefault((sensor, facts.dtype), file)

    def report_odd(self, problems: ProblemTable) -> None:
        for cells, count in self.cells.most_common()[1:]:
            usual = self.cells.most_common(1)[0][0]
            what = f"{cells} cells a side instead of {usual}, in {count} arrays"
            problems.add(Problem("shape", self.first["", cells], what))
        for sensor, types in self.types.items():
            for kind, count in types.most_common()[1:]:
                what = f"{sensor} is {kind} instead of {types.most_common(1)[0][0]}, in {count} files"
                problems.add(Problem("mixed-types", self.first[sensor, kind], what))


def _compare_hashes(report: ValidationReport, hashes: dict[str, str], recorded: dict[str, str]) -> None:
    for name, digest in sorted(recorded.items()):
        if name not in hashes:
            report.problems.add(Problem("recorded-hash", name, "was recorded, but is gone"))
        else:
            report.recorded += 1
            if hashes[name] != digest:
                report.problems.add(Problem("recorded-hash", name, "its bytes have changed since they were recorded"))

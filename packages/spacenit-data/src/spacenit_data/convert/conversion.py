"""Running a conversion: sources in, a set of samples out."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from attrs import evolve, frozen

from spacenit_core.checkpoint.files import write_atomically
from spacenit_core.errors import DataError, UserError
from spacenit_data.convert.produced import Outcome, Produced
from spacenit_data.convert.report import ConversionReport
from spacenit_data.convert.settings import ConvertSettings, subtiles_of
from spacenit_data.convert.staging import STAGING, Staging
from spacenit_data.file_state import digest_of_states
from spacenit_data.h5.compression import Compression
from spacenit_data.h5.files import check_folder, sample_bytes
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.h5.sample import SampleArrays
from spacenit_data.h5.writer import H5SetWriter, SampleRecord, record_of
from spacenit_data.pool import ordered_map

RECORD_JSON = "conversion.json"
"""What was converted and how, beside the samples."""

GOES_ON = "the same command goes on where this one stopped"

# Starting a worker takes as long as converting a few tiles.
SOURCES_PER_WORKER = 8

# Network storage answers one question about a file slowly, and many at once.
STATING_THREADS = 16


class Reader(Protocol):
    """Makes samples of sources; sent to worker processes."""

    def __call__(self, source: Any) -> Produced:
        """Convert one source."""
        ...

    def files(self, source: Any) -> Sequence[Path]:
        """The files that it is converted from."""
        ...


@frozen(kw_only=True)
class Conversion:
    """Everything that is decided before the first file is read.

    Attributes:
        produce: makes samples of a source.
        sources: raw tiles or listed samples, in order.
        description: the origin and settings as plain values; conversions of equal description and sources are the same.
        sensors: names of the sensors of the set.
        required: those that every sample has.
        tile_size: cells along one side of a sample.
        compression: the codec.
        out: the set's folder is made below it.
        skip_failures: whether sources that cannot be read are left out.
        remarks: what the user should know.
    """

    produce: Reader
    sources: Sequence[Any]
    description: dict[str, Any]
    sensors: tuple[str, ...]
    required: tuple[str, ...]
    tile_size: int
    compression: Compression
    out: Path
    skip_failures: bool
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: ConvertSettings, *, tile_size: int, description: dict[str, Any], **rest: Any) -> "Conversion":
        """Fill in what the settings say."""
        stored = {
            "required": list(settings.required),
            "tile_size": tile_size,
            **settings.compression.settings,
        }
        return cls(
            tile_size=tile_size,
            description={**description, **stored},
            required=settings.required,
            compression=settings.compression,
            skip_failures=settings.on_error == "skip",
            **rest,
        )

    def fingerprint(self) -> str:
        """A hash of the description and of the list of sources."""
        digest = hashlib.sha256(json.dumps([self.description, self.sensors]).encode())
        for source in self.sources:
            digest.update(repr(source).encode())
        return digest.hexdigest()

    def writer(self, count: int) -> H5SetWriter:
        """The writer of the finished set."""
        return H5SetWriter(
            self.out,
            self.sensors,
            count=count,
            tile_size=self.tile_size,
            subtiles=subtiles_of(self.tile_size),
            compression=self.compression.codec,
            compression_opts=self.compression.level,
            shuffle=self.compression.shuffle,
            required=self.required,
        )


@frozen(kw_only=True)
class Worker:
    """Converts one source and writes its samples under the source's number; sent to worker processes."""

    produce: Reader
    staging: Staging
    sensors: tuple[str, ...]
    tile_size: int
    compression: Compression
    skip_failures: bool

    def __call__(self, item: tuple[int, Any]) -> Outcome:
        """Convert the source of a number."""
        number, source = item
        # Before they are read: what changes meanwhile shows when the command is repeated.
        state = digest_of_states(self.produce.files(source))
        try:
            made = self.produce(source)
            parts = tuple(self._write(number, part, sample) for part, sample in enumerate(made.samples))
        except DataError as error:
            if not self.skip_failures:
                hint = "; ".join(filter(None, (error.template, GOES_ON)))
                raise DataError(error.message, hint, things=error.things) from error
            return Outcome(source=number, state=state, failure=f"{source}: {error.message}")
        return Outcome(
            source=number,
            state=state,
            parts=parts,
            left_out=made.left_out,
            dropped=made.dropped,
            cut_steps=made.cut_steps,
            notes=made.notes,
        )

    def _write(self, number: int, part: int, sample: SampleArrays) -> SampleRecord:
        sample.check(self.sensors, self.tile_size)
        write_atomically(self.staging.part(number, part), sample_bytes(sample, self.tile_size, self.compression))
        return record_of(part, sample)


def run(conversion: Conversion, *, workers: int = 1, progress: bool = False) -> ConversionReport:
    """Convert all sources and finish the set, going on where an interrupted run of the same conversion stopped.

    Raises:
        DataError: for a file that cannot be read (unless failures are skipped), or if no sample is left.
        UserError: if other samples are in the way.
    """
    check_folder(conversion.out)
    parent = conversion.writer(1).folder.parent
    fingerprint = conversion.fingerprint()
    try:
        staging = Staging(parent / STAGING, fingerprint)
        finished = _finished(conversion, parent, fingerprint)
        if finished is not None:
            staging.remove_leftovers()
            return evolve(finished, remarks=conversion.remarks)
        with staging.opened():
            written = _convert(conversion, staging, workers=workers, progress=progress)
            report = _finish(conversion, staging, written)
            staging.remove()
    except OSError as error:
        raise DataError(f"{conversion.out} cannot be written: {error}", GOES_ON) from error
    return report


def _finished(conversion: Conversion, parent: Path, fingerprint: str) -> ConversionReport | None:
    """The report of the same conversion, if it was finished without failures before.

    Raises:
        UserError: if files that it was made from have changed since.
    """
    for path in sorted(parent.glob(f"*/{RECORD_JSON}")):
        record = _read_record(path)
        complete = (path.parent / METADATA_CSV).exists() and record.get("fingerprint") == fingerprint
        if complete and not record["report"]["failed"]:
            _check_unchanged(conversion, record.get("states", []), path.parent)
            return ConversionReport(folder=path.parent, written=0, **record["report"])
    return None


def _check_unchanged(conversion: Conversion, states: Sequence[str], folder: Path) -> None:
    now = _states(conversion)
    changed = [s for s, a, b in zip(conversion.sources, states, now, strict=True) if a != b]
    if changed:
        raise UserError(
            f"{folder} was made from files that have changed since: those of {len(changed)} of "
            f"{len(states)} sources, first {changed[0]}",
            "delete or move that folder and repeat the command, or choose another --out",
        )


def _states(conversion: Conversion) -> list[str]:
    """The states of all sources' files, in order."""
    with ThreadPoolExecutor(STATING_THREADS) as pool:
        return list(pool.map(lambda source: digest_of_states(conversion.produce.files(source)), conversion.sources))


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _convert(conversion: Conversion, staging: Staging, *, workers: int, progress: bool) -> int:
    """Convert what the ledger does not have yet; returns the number of samples written."""
    if staging.moving:
        _check_unchanged(conversion, staging.states(len(conversion.sources)), staging.folder)
        return 0
    states = _states(conversion) if staging.outcomes else []
    todo = [
        (number, source)
        for number, source in enumerate(conversion.sources)
        if not states or not staging.is_done(number, states[number])
    ]
    work = Worker(
        produce=conversion.produce,
        staging=staging.without_ledger(),
        sensors=conversion.sensors,
        tile_size=conversion.tile_size,
        compression=conversion.compression,
        skip_failures=conversion.skip_failures,
    )
    written = 0
    for outcome in ordered_map(
        work, todo, workers=workers, label="converting", progress=progress, items_per_worker=SOURCES_PER_WORKER
    ):
        staging.add(outcome)
        written += len(outcome.parts)
    return written


def _finish(conversion: Conversion, staging: Staging, written: int) -> ConversionReport:
    """Give the samples their numbers, move them to the set's folder, and write the metadata."""
    outcomes = [staging.outcomes[number] for number in range(len(conversion.sources))]
    count = sum(len(outcome.parts) for outcome in outcomes)
    if not count:
        reasons = sorted({outcome.left_out or outcome.failure or "" for outcome in outcomes})
        staging.remove()
        raise DataError(
            f"none of the {len(outcomes)} sources gives a sample: {'; '.join(reasons[:5])}",
            "raise or lower --min-steps, --required or --modalities, or look at the files",
        )
    writer = conversion.writer(count)
    report = ConversionReport.of(writer.folder, conversion.sensors, outcomes, written, conversion.remarks)
    _claim(writer, conversion, staging, report)
    staging.begin_moving()
    records: list[SampleRecord] = []
    for outcome in outcomes:
        for part in outcome.parts:
            index, path = len(records), staging.part(outcome.source, part.index)
            if path.exists():
                writer.adopt(index, path)
            records.append(evolve(part, index=index))
    writer.finish(records)
    return report


def _claim(writer: H5SetWriter, conversion: Conversion, staging: Staging, report: ConversionReport) -> None:
    """Leave the record of this conversion in the folder, before any sample, unless samples of another are there."""
    path = writer.folder / RECORD_JSON
    taken = writer.folder.exists() and any(writer.folder.iterdir())
    if taken and _read_record(path).get("fingerprint") != staging.fingerprint:
        raise UserError(
            f"{writer.folder} holds other samples",
            "delete or move that folder and repeat the command (nothing is converted twice), or choose another --out",
        )
    record = {
        "fingerprint": staging.fingerprint,
        "description": conversion.description,
        "report": report.to_json(),
        "states": staging.states(len(conversion.sources)),
    }
    writer.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, (json.dumps(record, indent=2) + "\n").encode())

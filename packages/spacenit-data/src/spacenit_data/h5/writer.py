"""Writing a set of H5 samples."""

import sys
from collections.abc import Iterable, Sequence
from copy import copy
from pathlib import Path

import numpy as np
from attrs import field, frozen

from spacenit_core.checkpoint.files import sync_folder, write_atomically
from spacenit_core.errors import DataError, UserError
from spacenit_data.h5.compression import Compression
from spacenit_data.h5.files import sample_bytes
from spacenit_data.h5.metadata import METADATA_CSV, write_metadata
from spacenit_data.h5.naming import set_folder
from spacenit_data.h5.reader import SampleFile
from spacenit_data.h5.sample import Location, SampleArrays

__all__ = ["H5SetWriter", "Location", "SampleArrays", "SampleRecord", "read_record"]


def _shared_names(names: Iterable[str]) -> tuple[str, ...]:
    # Sets have a million records and a dozen names.
    return tuple(map(sys.intern, names))


@frozen
class SampleRecord:
    """What the metadata files say about one sample.

    Attributes:
        index: its number.
        sensors: the sensors that it has.
        latlon: its centre in degrees.
        location: its place in its CRS, where known.
    """

    index: int
    sensors: tuple[str, ...] = field(converter=_shared_names)
    latlon: tuple[float, float]
    location: Location | None = None


def record_of(index: int, sample: SampleArrays) -> SampleRecord:
    """The record of a sample that is about to be written."""
    lat, lon = (float(value) for value in np.asarray(sample.latlon, np.float32))
    return SampleRecord(index, tuple(sorted(sample.bands)), (lat, lon), sample.location)


def read_record(path: Path, index: int) -> SampleRecord:
    """The record of a sample file.

    Raises:
        DataError: if the file cannot be read.
    """
    try:
        with SampleFile(path) as file:
            lat, lon = (float(value) for value in file.latlon())
            return SampleRecord(index, tuple(file.names()), (lat, lon), file.location())
    except DataError as error:
        raise DataError(error.message, "delete it and run the same command again") from error


class H5SetWriter:
    """Writes samples into one folder; may be copied to worker processes, each of which writes other samples.

    A sample is there whole or not at all; `finish` writes the metadata files last, so that an unfinished set has none.

    Args:
        root: the set's folder is made below it, named by the rule of the H5 layout.
        sensor_names: the sensors of the set.
        count: the number of samples.
        tile_size: cells along one side of a sample.
        subtiles: samples that one raw tile is cut into.
        compression: ``zstd``, ``gzip``, ``lz4`` or None.
        compression_opts: level of zstd or gzip; None for the codec's own.
        shuffle: whether bytes are shuffled before they are compressed.
        required: the sensors that every sample has.

    Attributes:
        folder: where the files go.
    """

    def __init__(
        self,
        root: Path | str,
        sensor_names: Sequence[str],
        *,
        count: int,
        tile_size: int,
        subtiles: int = 1,
        compression: str | None = "zstd",
        compression_opts: int | None = None,
        shuffle: bool | None = None,
        required: Sequence[str] = (),
    ) -> None:
        if count < 1:
            raise UserError("a set needs at least one sample")
        self.sensor_names = tuple(sorted(sensor_names))
        self.required = tuple(sorted(required))
        missing = sorted(set(self.required) - set(self.sensor_names))
        if missing:
            raise UserError(f"required sensor {missing[0]!r} is not among the sensors {', '.join(self.sensor_names)}")
        self.count, self.tile_size = count, tile_size
        self.compression = Compression.of(compression, compression_opts, shuffle)
        self.folder = set_folder(
            Path(root),
            self.sensor_names,
            count=count,
            tile_size=tile_size,
            subtiles=subtiles,
            compression=self.compression,
            required=self.required,
        )

    def working_in(self, folder: Path) -> "H5SetWriter":
        """The same set, in another folder until it is complete."""
        other = copy(self)
        other.folder = folder
        return other

    def path(self, index: int) -> Path:
        """The file of a sample."""
        return self.folder / f"sample_{index}.h5"

    def is_complete(self, index: int) -> bool:
        """Whether the sample's file is there; files appear only when they are whole."""
        return self.path(index).exists()

    @property
    def is_finished(self) -> bool:
        """Whether the set is complete, metadata included."""
        return (self.folder / METADATA_CSV).exists()

    def write(self, index: int, sample: SampleArrays) -> SampleRecord:
        """Write one sample and return its record.

        Raises:
            DataError: if the arrays do not fit together or to the set; nothing is written then.
        """
        if not 0 <= index < self.count:
            raise UserError(f"sample {index} is outside of the set of {self.count}")
        try:
            sample.check(self.sensor_names, self.tile_size)
        except DataError as error:
            raise DataError(f"sample {index}: {error.message}", error.template, things=error.things) from error
        lacking = [name for name in self.required if name not in sample.bands]
        if lacking:
            raise DataError(f"sample {index} lacks the required sensor {lacking[0]}")
        self.folder.mkdir(parents=True, exist_ok=True)
        write_atomically(self.path(index), sample_bytes(sample, self.tile_size, self.compression))
        return record_of(index, sample)

    def adopt(self, index: int, path: Path) -> None:
        """Make a whole file, written elsewhere in the same file system, that of a sample."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path.replace(self.path(index))

    def finish(self, records: Iterable[SampleRecord] | None = None) -> Path:
        """Write the metadata files and return the folder.

        Args:
            records: those that `write` returned, of all samples in any order; None to read them from the files.

        Raises:
            DataError: if samples are missing.
        """
        absent = [index for index in range(self.count) if not self.is_complete(index)]
        if absent:
            raise DataError(f"{len(absent)} of {self.count} samples are missing, first {self.path(absent[0])}")
        if records is None:
            records = (read_record(self.path(index), index) for index in range(self.count))
        ordered = sorted(records, key=lambda record: record.index)
        if [record.index for record in ordered] != list(range(self.count)):
            raise DataError(f"the records do not name each of the {self.count} samples once")
        for left_over in self.folder.glob(".*.tmp-*"):
            left_over.unlink(missing_ok=True)
        sync_folder(self.folder)
        write_metadata(self.folder, self.sensor_names, self.compression, ordered)
        return self.folder

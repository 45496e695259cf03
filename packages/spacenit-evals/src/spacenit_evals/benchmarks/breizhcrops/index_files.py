"""The publisher's tables: which parcels there are, and of which class."""

import csv
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.breizhcrops.breizhcrops import YEAR
from spacenit_evals.benchmarks.dense.digests import digest_of

REGIONS = ("frh01", "frh02", "frh03", "frh04", "belle-ile", "kermaux")


@frozen(kw_only=True, eq=False)
class Parcels:
    """Parcels of some regions.

    Attributes:
        files: HDF5 file of each parcel's region.
        keys: its data set in it.
        idents: its number in the region's shapes.
        regions: its region.
        labels: int ``[n]``.
        longest: the most dates of a series.
        other_codes: how many were left out, for crops of no class.
        without_dates: how many were left out, for series without any date.
        digest: tells these tables from others.
    """

    files: tuple[Path, ...]
    keys: tuple[str, ...]
    idents: tuple[str, ...]
    regions: tuple[str, ...]
    labels: np.ndarray
    longest: int
    other_codes: int
    without_dates: int
    digest: str


def read_classes(root: Path) -> tuple[dict[str, int], tuple[str, ...]]:
    """From crop code to label, and the classes' names by label.

    Raises:
        DataError: where the table is missing or damaged.
    """
    path = root / "classmapping.csv"
    rows = _rows(path, ("code", "id", "classname"))
    try:
        names = {int(row["id"]): row["classname"] for row in rows}
        codes = {row["code"]: int(row["id"]) for row in rows}
    except ValueError as error:
        raise DataError(f"{path}: {error}", "copy it again") from error
    if sorted(names) != list(range(len(names))):
        raise DataError(f"{path} numbers the classes {sorted(names)}, not 0 to {len(names) - 1}", "copy it again")
    return codes, tuple(names[label] for label in range(len(names)))


def read_parcels(root: Path, regions: Sequence[str], codes: dict[str, int]) -> Parcels:
    """The parcels of some regions that have a class and dates.

    Raises:
        UserError: for a region that does not exist.
        DataError: where files are missing or damaged.
    """
    digest = hashlib.sha256((root / "classmapping.csv").read_bytes())
    kept: list[tuple[Path, dict[str, str]]] = []
    other = empty = 0
    for region in regions:
        if region not in REGIONS:
            raise UserError(f"breizhcrops has no region {region!r}", f"regions are {', '.join(REGIONS)}")
        folder = root / str(YEAR) / "L1C"
        pixels = folder / f"{region}.h5"
        if not pixels.is_file():
            raise DataError(f"there is no {pixels}", "BREIZHCROPS_DIR is the folder that holds 2017/L1C")
        rows = _rows(folder / f"{region}.csv", ("CODE_CULTU", "path", "sequencelength", "id"))
        digest.update((folder / f"{region}.csv").read_bytes() + digest_of((), [pixels]).encode())
        known = [row for row in rows if row["CODE_CULTU"] in codes]
        dated = [row for row in known if int(float(row["sequencelength"])) > 0]
        other, empty = other + len(rows) - len(known), empty + len(known) - len(dated)
        kept += [(pixels, row) for row in dated]
    if not kept:
        raise DataError(f"{root} has no parcel of any class in {', '.join(regions)}", "copy it again")
    return Parcels(
        files=tuple(file for file, _ in kept),
        keys=tuple(row["path"] for _, row in kept),
        idents=tuple(row["id"] for _, row in kept),
        regions=tuple(file.stem for file, _ in kept),
        labels=np.array([codes[row["CODE_CULTU"]] for _, row in kept], dtype=np.int64),
        longest=max(int(float(row["sequencelength"])) for _, row in kept),
        other_codes=other,
        without_dates=empty,
        digest=digest.hexdigest()[:16],
    )


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            absent = [column for column in columns if column not in (reader.fieldnames or ())]
            if absent:
                raise DataError(f"{path} has no column {absent[0]}", "copy it again from its publisher")
            rows = [{column: (row[column] or "").strip() for column in columns} for row in reader]
        _check_end(path)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it from its publisher") from error
    return rows


def _check_end(path: Path) -> None:
    """Refuse a table that is cut short: rows that are not there cannot be missed otherwise."""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            raise DataError(f"{path} ends in the middle of a row", "copy it again from its publisher")

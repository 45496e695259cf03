"""`sickle_dataset_tabular.csv`: a row for each plot and season."""

import csv
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError

FILE = "sickle_dataset_tabular.csv"
SIDES = ("train", "val", "test")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_COLUMNS = ("UNIQUE_ID", "PLOT_ID", "SPLIT", "STANDARD_SEASON", "YEAR")


@frozen(kw_only=True)
class Row:
    """One plot in one season.

    Attributes:
        uid: the number of its images and masks.
        plot: the plot's number in the masks.
        side: "train", "val" or "test".
        first: the first month of the season, "2018-01".
    """

    uid: str
    plot: int
    side: str
    first: str


def read_rows(root: Path) -> list[Row]:
    """All rows.

    Raises:
        DataError: where the table is missing, lacks a column, or says what makes no sense.
    """
    path = root / FILE
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            absent = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
            if absent:
                raise DataError(f"{path} has no column {absent[0]}", "copy it again")
            rows = [
                _row(path, reader.line_num, {name: (line[name] or "").strip() for name in _COLUMNS}) for line in reader
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}", "SICKLE_DIR is the folder that holds it") from error
    if len({row.uid for row in rows}) < len(rows):
        raise DataError(f"{path} has two rows of one UNIQUE_ID", "copy it again")
    return rows


def _row(path: Path, line: int, values: dict[str, str]) -> Row:
    try:
        season = values["STANDARD_SEASON"].lower().split("-")[0]
        if season not in _MONTHS:
            raise ValueError(f"the season {values['STANDARD_SEASON']!r} begins with no month")
        month = _MONTHS.index(season) + 1
        first = np.datetime64(f"{int(float(values['YEAR'])):04}-{month:02}", "M")
        row = Row(
            uid=str(int(float(values["UNIQUE_ID"]))),
            plot=int(float(values["PLOT_ID"])),
            side=values["SPLIT"].lower(),
            first=str(first),
        )
    except ValueError as error:
        raise DataError(f"{path}, line {line}: {error}", "copy it again") from error
    if row.side not in SIDES:
        raise DataError(f"{path}, line {line}: the split {row.side!r} is none of {', '.join(SIDES)}", "copy it again")
    return row

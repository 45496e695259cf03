"""The table of labels of a folder of images."""

import csv
from datetime import date
from pathlib import Path

from attrs import frozen

from spacenit_core.errors import DataError

SIDES = ("train", "validation", "test")
_COLUMNS = ("file", "label", "split", "group", "date")


@frozen
class Row:
    """One image.

    Attributes:
        file: its path.
        label: the name of its class.
        split: "train", "validation" or "test"; empty where the table does not divide.
        group: what it lies in; empty where that is not stated.
        day: of the image; None where that is not stated.
    """

    file: Path
    label: str
    split: str
    group: str
    day: date | None


def read_table(folder: Path, name: str) -> list[Row]:
    """Read a table, and look for the images that it lists.

    Raises:
        DataError: with the first thing that is wrong, and its line.
    """
    path = folder / name
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [column for column in ("file", "label") if column not in (reader.fieldnames or ())]
            if missing:
                raise DataError(
                    f"{path} has no column {missing[0]}, only {', '.join(reader.fieldnames or ())}",
                    f"columns are {', '.join(_COLUMNS)}; the last three may be left out",
                )
            rows = [_row(folder, path, reader.line_num, line) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}", "write a table with the columns file and label") from error
    _check(path, rows)
    return rows


def _row(folder: Path, path: Path, number: int, line: dict[str, str | None]) -> Row:
    values = {column: (line.get(column) or "").strip() for column in _COLUMNS}
    where = f"{path}, line {number}"
    if not values["file"] or not values["label"]:
        raise DataError(
            f"{where}: it has no {'file' if not values['file'] else 'label'}", "fill it in, or leave the line out"
        )
    file = folder / values["file"]
    if not file.resolve().is_relative_to(folder.resolve()):
        raise DataError(f"{where}: {values['file']} lies outside of the folder", "put the images below the table")
    if not file.is_file():
        raise DataError(f"{where}: there is no file {file}", "put it there, or leave the line out")
    if values["split"] and values["split"] not in SIDES:
        raise DataError(f"{where}: the split {values['split']!r} is none of {', '.join(SIDES)}", "give one of them")
    return Row(file, values["label"], values["split"], values["group"], _day(values["date"], where))


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise DataError(f"{where}: the date {text!r} is no day", "write dates as 2020-06-15") from error


def _check(path: Path, rows: list[Row]) -> None:
    if len({row.label for row in rows}) < 2:
        raise DataError(
            f"{path} lists {len(rows)} images of {len({row.label for row in rows})} classes", "list two at least"
        )
    files = [row.file for row in rows]
    if len(set(files)) < len(files):
        twice = next(file for number, file in enumerate(files) if file in files[:number])
        raise DataError(f"{path} lists {twice} twice", "leave one of the lines out")
    divided = [row for row in rows if row.split]
    if divided and len(divided) < len(rows):
        other = next(row for row in rows if not row.split)
        raise DataError(f"{path}: {other.file.name} has no split, and others have one", "give all a split, or none")
    sides = {row.split for row in divided}
    if divided and not {"train", "test"} <= sides:
        raise DataError(
            f"{path} divides into {', '.join(sorted(sides))} alone", "have images to train on and to test on"
        )
    groups = [row for row in rows if row.group]
    if groups and len(groups) < len(rows):
        other = next(row for row in rows if not row.group)
        raise DataError(f"{path}: {other.file.name} has no group, and others have one", "give all a group, or none")

"""Which samples a set has, and which sensors in each, by its ``sample_metadata.csv``, whoever wrote that."""

import csv
import re
from pathlib import Path

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import DataError, SpaceNitError
from spacenit_data.h5.files import RESERVED
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.h5.reader import open_sample
from spacenit_data.sample_set import installed_spec, sample_path

NUMBERS = "sample_index"
"""The column of the samples' numbers."""

_MARKS = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
_AGAIN = "copy it again, or convert the set again"
_LOOKED_AT = 3


@frozen(eq=False)
class Listing:
    """The samples of a set, n of them, in the order of its metadata.

    Attributes:
        numbers: int64 ``[n]``: the files are ``sample_<number>.h5``.
        sensors: sensor -> bool ``[n]``: whether the sample is said to have it. Those of installed plugins, and whatever
            else is 0 or 1 throughout.
        foreign: the names of other columns, which are passed over.
    """

    numbers: np.ndarray
    sensors: dict[str, np.ndarray]
    foreign: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path, *, repeats: bool = False) -> "Listing":
        """Read a set's metadata.

        Args:
            folder: the set.
            repeats: whether a sample may be listed more than once.

        Raises:
            DataError: for a file that is missing, or makes no sense.
        """
        path = folder / METADATA_CSV
        try:
            header, numbers, codes, kinds = _read_columns(path)
            sensors = _as_marks(np.array(codes, int), kinds)
        except (OSError, ValueError, csv.Error) as error:
            raise DataError(f"{path} cannot be read: {error}", _AGAIN) from error
        problem = _problem_of(header, numbers)
        if problem:
            raise DataError(f"{path} {problem}", _AGAIN)
        foreign = tuple(name for name in header if name not in (NUMBERS, *sensors))
        listing = cls(numbers.astype(np.int64), sensors, foreign)
        if listing.repeated and not repeats:
            raise DataError(f"{path} lists sample {listing.repeated[0]} more than once", _AGAIN)
        return listing

    @property
    def repeated(self) -> list[int]:
        """The samples that are listed more than once."""
        found, counts = np.unique(self.numbers, return_counts=True)
        repeated: list[int] = found[counts > 1].tolist()
        return repeated

    def in_files(self, folder: Path) -> "Listing":
        """Without what no plugin declares and no file holds: marks of another kind, such as ``is_train``."""
        gone = [name for name, has in self.sensors.items() if not self._is_held(name, has, folder)]
        kept = {name: has for name, has in self.sensors.items() if name not in gone}
        return evolve(self, sensors=kept, foreign=(*self.foreign, *gone))

    def _is_held(self, name: str, has: np.ndarray, folder: Path) -> bool:
        if name in RESERVED or installed_spec(name) is not None:
            return True
        numbers = self.numbers[has][:_LOOKED_AT].tolist()
        return not numbers or any(_holds(sample_path(folder, number), name) for number in numbers)


def listed_sensors(folder: Path) -> frozenset[str] | None:
    """The sensors that a set's metadata list; None where there are none that can be read."""
    try:
        return frozenset(Listing.read(folder).in_files(folder).sensors) - set(RESERVED)
    except SpaceNitError:
        return None


def _read_columns(path: Path) -> tuple[list[str], np.ndarray, list[int], dict[str, list[str]]]:
    """The header, the numbers, for each sample its kind, and for each column that may be a sensor a text per kind."""
    numbers: list[str] = []
    codes: list[int] = []
    kinds: dict[tuple[str, ...], int] = {}
    columns: dict[str, int] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = [_name_of(text) for text in next(rows, [])]
        if NUMBERS in header:
            at = header.index(NUMBERS)
            for row in rows:
                if not "".join(row).strip():
                    continue
                if len(row) != len(header):
                    raise ValueError(f"a row has {len(row)} of {len(header)} columns")
                columns = columns or _sensor_columns(header, row)
                numbers.append(row[at])
                codes.append(kinds.setdefault(tuple([row[column] for column in columns.values()]), len(kinds)))
    texts = {name: [kind[i].strip() for kind in kinds] for i, name in enumerate(columns)}
    return header, np.array(numbers, str).astype(float), codes, texts


def _name_of(text: str) -> str:
    name = text.strip()
    return name.lower() if installed_spec(name.lower()) is not None else name


def _sensor_columns(header: list[str], first: list[str]) -> dict[str, int]:
    """The columns that may be sensors, by the first row; other columns may differ in every row."""
    return {
        name: column
        for column, (name, text) in reversed(list(enumerate(zip(header, first, strict=True))))
        if name not in (NUMBERS, "") and (installed_spec(name) is not None or text.strip().lower() in _MARKS)
    }


def _as_marks(codes: np.ndarray, texts: dict[str, list[str]]) -> dict[str, np.ndarray]:
    marks = {}
    for name, kinds in texts.items():
        known = installed_spec(name) is not None
        if known or all(text.lower() in _MARKS for text in kinds):
            marks[name] = np.array([_mark(text, name) for text in kinds], bool)[codes]
    return dict(sorted(marks.items()))


def _mark(text: str, name: str) -> bool:
    mark = _MARKS.get(text.lower())
    if mark is None and re.fullmatch(r"\d+(\.0*)?", text):
        return True
    if mark is None:
        raise ValueError(f"column {name} holds {text!r}, not 0 or 1")
    return mark


def _problem_of(header: list[str], numbers: np.ndarray) -> str:
    if NUMBERS not in header:
        return f"has no column {NUMBERS}, only {', '.join(header)}"
    if not len(numbers):
        return "lists no samples"
    if not np.isfinite(numbers).all() or (numbers % 1).any() or numbers.min() < 0:
        return "holds a sample number that is below 0, or not whole"
    return ""


def _holds(path: Path, name: str) -> bool:
    try:
        with open_sample(path) as file:
            return name in file.members
    except DataError:
        return True

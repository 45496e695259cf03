"""What can be wrong with a set."""

from attrs import Factory, define, frozen

ERROR, WARNING = "error", "warning"

CHECKS: dict[str, tuple[str, str]] = {
    "unreadable": (ERROR, "the file cannot be opened: damaged, cut short, or no H5 file"),
    "checksum": (ERROR, "stored bytes do not agree with their checksum, or cannot be unpacked"),
    "recorded-hash": (ERROR, "the file is not the one that was recorded"),
    "link": (ERROR, "the file refers to other files"),
    "size": (ERROR, "an array claims to be larger than any sample"),
    "layout": (ERROR, "a dataset is missing or is not one"),
    "shape": (ERROR, "an array has other axes, bands or pixels than its sensor and the set"),
    "type": (ERROR, "an array holds something other than numbers"),
    "mixed-types": (WARNING, "the files of one sensor differ in data type"),
    "steps": (ERROR, "steps, mask and timestamps do not agree"),
    "nan": (ERROR, "NaN pixels; missing ones are stored as -99999"),
    "infinite": (ERROR, "infinite pixels"),
    "range": (ERROR, "1 % or more of the pixels lie outside the sensor's range: other units?"),
    "outliers": (WARNING, "some pixels lie outside the sensor's range"),
    "units": (ERROR, "the pixels of an image cannot be in the sensor's units, by their size"),
    "odd-units": (WARNING, "the pixels of an image are seldom so in the sensor's units"),
    "zeros": (WARNING, "pixels of 0 in all bands, which lie outside of the sensor's images, are stored as real ones"),
    "offset": (WARNING, "some dates lie higher in all bands, as if products with and without an offset were mixed"),
    "empty": (ERROR, "a sensor without any pixel"),
    "date": (ERROR, "day, month or year is impossible"),
    "months": (ERROR, "months are counted otherwise than they are read: every date is a month off"),
    "date-order": (ERROR, "timestamps are not in order"),
    "repeated-date": (WARNING, "a timestamp occurs more than once"),
    "latlon": (ERROR, "latitude or longitude is impossible"),
    "location": (ERROR, "place, centre or reference system do not agree"),
    "unknown-sensor": (WARNING, "no installed plugin declares the sensor: its values were not checked"),
    "foreign": (WARNING, "a member that is no sensor of the set: no command reads it"),
    "repeated-sample": (WARNING, "two samples have one place and the same dates"),
    "metadata": (ERROR, "a metadata file is missing or cannot be read"),
    "csv": (ERROR, "sample_metadata.csv does not agree with the files"),
    "latlon-file": (ERROR, "latlon_distribution.npy does not agree with the files"),
}
"""Name of a check -> its severity, and what it means."""


@frozen
class Problem:
    """One thing that is wrong.

    Attributes:
        check: one of `CHECKS`.
        file: name of the file in the set's folder.
        what: what was found in it.
    """

    check: str
    file: str
    what: str

    @property
    def severity(self) -> str:
        """Whether it is an error or a warning."""
        return CHECKS[self.check][0]


@define
class ProblemTable:
    """Counts of all problems, and the first few of each check.

    Attributes:
        limit: how many of each check are kept.
        counts: check -> number of problems.
        examples: check -> the first of them.
    """

    limit: int = 20
    counts: dict[str, int] = Factory(dict)
    examples: dict[str, list[Problem]] = Factory(dict)

    def add(self, problem: Problem) -> None:
        """Count a problem."""
        self.counts[problem.check] = self.counts.get(problem.check, 0) + 1
        kept = self.examples.setdefault(problem.check, [])
        if len(kept) < self.limit:
            kept.append(problem)

    def total(self, severity: str) -> int:
        """The number of problems of a severity."""
        return sum(count for check, count in self.counts.items() if CHECKS[check][0] == severity)

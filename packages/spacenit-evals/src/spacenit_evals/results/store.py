"""A folder of finished evaluations: nothing is computed twice, nothing is lost when a process dies.

One folder for each evaluation, called by its key, that appears whole or not at all; so several processes may share the
folder. The tables beside them are made from all of them, in the order of their content.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_evals.results.found import Report
from spacenit_evals.results.report import read_report, write_report
from spacenit_evals.results.rows import Row, rows_of, write_rows


@frozen
class ResultStore:
    """Finished evaluations.

    Attributes:
        folder: made where it is absent.
    """

    folder: Path

    def has(self, key: str) -> bool:
        """Whether an evaluation is finished; of an empty key none is."""
        return bool(key) and (self.folder / key / "results.json").is_file()

    def find(self, key: str) -> Report | None:
        """A finished evaluation, with its predictions.

        Raises:
            DataError: where it is damaged.
        """
        return read_report(self.folder / key) if self.has(key) else None

    def keep(self, report: Report) -> Path:
        """Put a finished evaluation into the folder; one whose key is not known gets a name of its own.

        Raises:
            DataError: where the disk refuses.
        """
        key = report.origin.key or f"unkeyed-{secrets.token_hex(8)}"
        place, temporary = self.folder / key, self.folder / f".{key}.tmp-{secrets.token_hex(4)}"
        try:
            write_report(report, temporary)
            try:
                os.rename(temporary, place)
            except OSError:
                # Another process was faster: an evaluation with the same key is the same evaluation.
                if not self.has(key):
                    raise
        except OSError as error:
            raise DataError(
                f"{self.folder} cannot be written: {error.strerror or error}", "name another folder"
            ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return place

    def reports(self) -> Iterator[Report]:
        """All finished evaluations."""
        found = sorted(self.folder.glob("*/results.json")) if self.folder.is_dir() else []
        for path in found:
            if not path.parent.name.startswith("."):
                yield read_report(path.parent)

    def rows(self) -> list[Row]:
        """All numbers, ordered by benchmark, model, features, protocol, metric and key."""
        rows = [row for report in self.reports() for row in rows_of(report)]
        return sorted(rows, key=lambda row: (row.benchmark, row.model, row.features, row.protocol, row.metric, row.key))

    def write_tables(self) -> list[Path]:
        """Write all rows as tables beside the evaluations, see `rows.write_rows`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return write_rows(self.rows(), self.folder)

"""`metrics.jsonl`: one JSON object per step."""

import itertools
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Row = dict[str, Any]


class MetricsFile:
    """Appends rows, in the order of their steps.

    Args:
        path: the file; made at the first row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, rows: Sequence[Row]) -> None:
        """Write rows so that they outlive this process (not the machine; see :meth:`sync`)."""
        if rows:
            with open(self.path, "ab") as file:
                file.write(b"".join(json.dumps(row).encode() + b"\n" for row in rows))

    def sync(self) -> None:
        """Force everything written to disk."""
        if self.path.exists():
            with open(self.path, "rb") as file:
                os.fsync(file.fileno())

    def set_aside(self) -> Path | None:
        """Keep the rows under another name, `metrics.<n>.jsonl`, and begin anew; None where there are none."""
        if not self.path.exists() or not self.path.stat().st_size:
            return None
        numbers = itertools.count(1)
        aside = next(path for n in numbers if not (path := self.path.with_suffix(f".{n}.jsonl")).exists())
        os.rename(self.path, aside)
        return aside

    def cut(self, step: int) -> None:
        """Remove the rows after a step, and a last line that a kill has torn."""
        if not self.path.exists():
            return
        end = 0
        with open(self.path, "rb") as file:
            for line in file:
                row = _parse(line)
                if row is None or row["step"] > step:
                    break
                end += len(line)
        os.truncate(self.path, end)


def read_metrics(path: Path) -> list[Row]:
    """The rows of a `metrics.jsonl`, without a last line that is torn."""
    with open(path, "rb") as file:
        rows = [_parse(line) for line in file]
    return [row for row in rows if row is not None]


def _parse(line: bytes) -> Row | None:
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("step"), int) else None

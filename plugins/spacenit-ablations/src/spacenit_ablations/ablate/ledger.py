"""`ablation.json`: which cells are done, with which settings and on which data."""

import json
from pathlib import Path
from typing import Any, Literal

from attrs import asdict, define, field

from spacenit_ablations.ablate.plan import Cell
from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError, UserError
from spacenit_train.trainer.resume import FREE, changed_settings, check_same_data, listed, plain

LEDGER = "ablation.json"

_FREE = (
    *(name for name in FREE if name != "trainer"),
    "trainer.save_folder",
    "trainer.device",
    "trainer.metrics_collect_interval",
    "trainer.callbacks",
)
"""Settings that may change while an ablation is under way. How long to train is none of them: cells that are trained
for different times, and with different schedules, tell nothing about each other."""

State = Literal["finished", "failed", "interrupted"]


@define
class Entry:
    """What is known of a cell.

    Attributes:
        config: its experiment, in JSON values.
        state: how its training ended.
        said: of a failure, the last thing that it said.
        evaluation: what its evaluation depends on (options, content of the labels), None where there is none.
    """

    config: dict[str, Any]
    state: State
    said: str = ""
    evaluation: list[str] | None = None


@define
class Ledger:
    """The cells of an ablation, kept in its folder and written whole at every change.

    Attributes:
        path: the file.
        data: what tells the data from other data.
        cells: by name.
    """

    path: Path
    data: dict[str, str] = field(factory=dict)
    cells: dict[str, Entry] = field(factory=dict)

    @classmethod
    def open(cls, folder: Path) -> "Ledger":
        """Read the ledger of a folder; empty where there is none.

        Raises:
            DataError: where the file is damaged.
        """
        path = folder / LEDGER
        if not path.exists():
            return cls(path)
        try:
            content = json.loads(path.read_bytes())
            return cls(path, content["data"], {name: Entry(**row) for name, row in content["cells"].items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path} is damaged: {error}", "choose another RUN_NAME, or remove the folder") from None

    def check(self, cells: tuple[Cell, ...]) -> None:
        """Refuse cells that were begun with other settings, because they could not be compared with the others.

        Raises:
            UserError: with what differs.
        """
        for cell in cells:
            entry = self.cells.get(cell.name)
            changes = [] if entry is None else changed_settings(entry.config, cell.experiment, _FREE)
            if changes:
                raise UserError(
                    f"the cell {cell.name} of the ablation in {self.path.parent} was begun with other settings, so it "
                    f"cannot be compared with these:\n  {listed(changes)}",
                    "give the former values, or choose another RUN_NAME",
                )

    def check_data(self, present: dict[str, str]) -> None:
        """Refuse data other than those that the first cell was trained on, and remember these otherwise.

        Raises:
            UserError: with what differs.
        """
        if self.data:
            check_same_data(self.data, present, self.path.parent)
        else:
            self.data = present

    def state(self, name: str) -> State | None:
        """How a cell's training ended; None before its first end."""
        entry = self.cells.get(name)
        return None if entry is None else entry.state

    def note(self, cell: Cell, state: State, said: str = "") -> None:
        """Write down how a training ended."""
        self.cells[cell.name] = Entry(config=plain(cell.experiment), state=state, said=said)
        self.write()

    def note_evaluation(self, name: str, marks: list[str]) -> None:
        """Write down that a cell is evaluated, and what its scores depend on."""
        self.cells[name].evaluation, self.cells[name].said = marks, ""
        self.write()

    def write(self) -> None:
        """Write the file whole."""
        content = {"data": self.data, "cells": {name: asdict(entry) for name, entry in self.cells.items()}}
        replace_file(self.path, json.dumps(content, indent=1).encode() + b"\n")

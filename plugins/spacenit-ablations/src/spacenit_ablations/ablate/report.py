"""The table of an ablation: for a terminal, as Markdown, CSV and JSON."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import asdict, evolve, field, frozen

from spacenit_ablations.ablate.figures import Figures
from spacenit_ablations.ablate.plan import Plan
from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_core.text import columns, paragraph

if TYPE_CHECKING:
    from spacenit_evals.scores.intervals import Interval

NOTE = (
    "A loss can be compared with the reference's only where both cells predict the same targets and judge them alike; "
    "elsewhere it only tells whether the training came to rest. Speed depends on the machine and on what else it did."
)

BASELINE = "baseline"
"""The state of a row that nothing was trained for."""


@frozen(kw_only=True)
class Row:
    """One cell of the table, or below the cells one baseline of the reference's evaluation.

    Attributes:
        name: of the cell.
        state: how its training ended; `BASELINE` of what is not trained.
        said: of a failure, why.
        figures: of the training; None where there are none.
        scores: by probe; empty where nothing was evaluated.
        gains: by how much they are above the reference's, by probe, at the same test points; empty for the reference.
    """

    name: str
    state: str
    said: str = ""
    figures: Figures | None = None
    scores: dict[str, "Interval"] = field(factory=dict)
    gains: dict[str, "Interval"] = field(factory=dict)

    @property
    def comparable(self) -> str:
        """Whether the loss can be compared with the reference's."""
        return "" if self.figures is None else "no" if self.figures.incomparable else "yes"


def header(rows: Sequence[Row]) -> list[str]:
    """The names of the columns."""
    figures = ("loss", "of", "comparable", "steps", "tokens", "samples/s", "encoder")
    return ["cell", "state", *_probes(rows), *_differences(rows), *figures]


def cells_of(row: Row, rows: Sequence[Row]) -> list[str]:
    """A row's texts, in the order of the header."""
    figures = row.figures
    scores = [str(row.scores[probe]) if probe in row.scores else "" for probe in _probes(rows)]
    scores += [row.gains[probe].text("+") if probe in row.gains else "" for probe in _differences(rows).values()]
    if figures is None:
        return [row.name, row.state, *scores, "", "", "", "", "", "", ""]
    return [
        row.name,
        row.state,
        *scores,
        f"{figures.final_loss:.4f}",
        figures.measure,
        row.comparable,
        f"{figures.steps:,}",
        f"{figures.tokens:,}",
        f"{figures.samples_per_second:.1f}",
        f"{figures.encoder_parameters / 1e6:.2f} M",
    ]


def table(title: str, rows: Sequence[Row], inputs: Sequence[str] = ()) -> str:
    """The columns that matter most, as a terminal has room for them; the others are in `results.md`.

    Args:
        title: above it.
        rows: the cells, the reference first.
        inputs: names of the sensors that all cells were evaluated with.
    """
    texts = [dict(zip(header(rows), cells_of(row, rows), strict=True)) for row in rows]

    def part(shown: Sequence[str], chosen: Sequence[dict[str, str]]) -> str:
        return columns([tuple(cells[name] for name in shown) for cells in chosen], shown)

    trained = [cells for cells in texts if cells["state"] != BASELINE]
    parts = [title, part(("cell", "state", "loss", "comparable", "samples/s"), trained)]
    parts += [part(("cell", *_probes(rows)), texts)] if _probes(rows) else []
    parts += [part(("cell", *_differences(rows)), texts[1:])] if _differences(rows) else []
    return "\n\n".join([*parts, paragraph("\n".join(_notes(rows, inputs)))])


def _notes(rows: Sequence[Row], inputs: Sequence[str]) -> list[str]:
    """What a reader has to know of the numbers."""
    if not _probes(rows):
        return [NOTE]
    reasons = dict.fromkeys(score.reason for row in rows for score in row.scores.values() if score.reason)
    brackets = "; ".join(reasons) or "[low, high]: 95 % confidence intervals, from differences between test blocks"
    apart = [row.name for row in rows[1:] if row.scores.keys() - row.gains.keys()]
    return [
        f"Scores are balanced accuracies with the inputs {', '.join(inputs)}; {brackets}. Differences from the "
        "reference are paired: of the same test points. Baselines are of the same windows, the random encoder is the "
        "reference's.",
        *([f"Not tested at the reference's points: {', '.join(apart)}."] if apart else []),
        NOTE,
    ]


def markdown(plan: Plan, rows: Sequence[Row], inputs: Sequence[str] = ()) -> str:
    """The table as Markdown, with what each cell changes."""
    names = header(rows)
    lines = [f"# {plan.title}", "", "| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(cells_of(row, rows)) + " |" for row in rows]
    lines += ["", *(line for note in _notes(rows, inputs) for line in (note, ""))]
    for cell, row in zip(plan.cells, rows, strict=False):
        changes = ", ".join(f"{path}={text}" for path, text in cell.overrides.items()) or "the recipe as it is"
        lines += [f"- `{cell.name}`: {changes}" + (f" ({row.said})" if row.said else "")]
    lines += [f"- `{name}` is left out: {reason}" for name, reason in plan.left_out]
    return "\n".join(lines) + "\n"


def csv_text(rows: Sequence[Row]) -> str:
    """One row per cell, numbers in full."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    numbers = ("steps", "tokens", "measure", "final_loss", "samples_per_second", "encoder_parameters")
    kinds = ("", " minus reference")
    ends = [f"{probe}{kind}{end}" for kind in kinds for probe in _probes(rows) for end in ("", " low", " high")]
    writer.writerow(("cell", "state", *numbers, "loss_comparable", *ends, "said"))
    for row in rows:
        figures = [getattr(row.figures, name) if row.figures else "" for name in numbers]
        scores = [
            getattr(found.get(probe), end, "")
            for found in (row.scores, row.gains)
            for probe in _probes(rows)
            for end in ("value", "low", "high")
        ]
        writer.writerow((row.name, row.state, *figures, row.comparable, *scores, row.said))
    return text.getvalue()


def json_text(plan: Plan, rows: Sequence[Row], inputs: Sequence[str] = ()) -> str:
    """Everything but the curves."""
    bare = [evolve(row, figures=row.figures and evolve(row.figures, losses=())) for row in rows]
    cells = [{**asdict(row), "changes": cell.changes} for cell, row in zip(plan.cells, bare, strict=False)]
    baselines = [asdict(row) for row in rows if row.state == BASELINE]
    content = {
        "title": plan.title,
        "inputs": list(inputs),
        "cells": cells,
        "baselines": baselines,
        "left_out": plan.left_out,
    }
    return json.dumps(content, indent=1) + "\n"


def write_report(plan: Plan, rows: Sequence[Row], inputs: Sequence[str] = ()) -> list[Path]:
    """Write `results.md`, `results.csv` and `results.json` into the ablation's folder.

    Raises:
        DataError: where that is refused.
    """
    content = {
        "results.md": markdown(plan, rows, inputs),
        "results.csv": csv_text(rows),
        "results.json": json_text(plan, rows, inputs),
    }
    try:
        for name, text in content.items():
            replace_file(plan.folder / name, text.encode())
    except OSError as error:
        raise DataError(f"{plan.folder} cannot be written: {error.strerror or error}", "make room there") from error
    return [plan.folder / name for name in content]


def _differences(rows: Sequence[Row]) -> dict[str, str]:
    """Name of a column of differences from the reference -> its probe."""
    compared = dict.fromkeys(probe for row in rows for probe in row.gains)
    return {f"{probe} minus reference": probe for probe in compared}


def _probes(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(probe for row in rows for probe in row.scores))

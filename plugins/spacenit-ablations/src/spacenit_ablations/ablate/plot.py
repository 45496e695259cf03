"""One picture of an ablation: scores with their intervals, or the losses of the cells."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from spacenit_ablations.ablate.report import Row
from spacenit_core.checkpoint.files import replace_file

if TYPE_CHECKING:
    from spacenit_evals.scores.intervals import Interval

_INK, _REFERENCE, _OTHER = "0.25", "#1f4e79", "#c98b2b"
_COLUMNS = 4


def draw(title: str, rows: Sequence[Row], path: Path) -> Path:
    """Draw the scores where there are any, else the losses, as PNG.

    Args:
        title: of the picture.
        rows: the cells, the reference first.
        path: the file.
    """
    figure = _scores(rows) if any(row.scores for row in rows) else _losses(rows)
    figure.suptitle(title, fontsize=11, color=_INK, x=0.01, ha="left")
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    replace_file(path, buffer.getvalue())
    return path


def _scores(rows: Sequence[Row]) -> Figure:
    """The scores of each probe, and below them how far they are from the reference's at the same test points."""
    probes = list(dict.fromkeys(probe for row in rows for probe in row.scores))
    parts = [("balanced accuracy", [row.scores for row in rows])]
    if any(row.gains for row in rows):
        parts.append(("minus the reference, paired", [row.gains for row in rows]))
    figure = _new(4.5 * len(probes) + 1.5, 0.8 + len(parts) * (0.8 + 0.3 * len(rows)))
    panels = figure.subplots(len(parts), len(probes), sharey=True, squeeze=False)
    for line, (what, intervals) in zip(panels, parts, strict=True):
        for axes, probe in zip(line, probes, strict=True):
            _interval_panel(axes, [of_cell.get(probe) for of_cell in intervals])
            axes.set_title(f"{probe}: {what}, 95 % intervals", fontsize=9, color=_INK, loc="left")
            reference = rows[0].scores.get(probe)
            if what.startswith("minus") or reference is not None:
                value = 0.0 if what.startswith("minus") or reference is None else reference.value
                axes.axvline(value, color=_REFERENCE, linewidth=0.8, linestyle=":", zorder=0)
        line[0].set_yticks(range(len(rows)), [row.name for row in rows])
        # Half a row of air above the first and below the last.
        line[0].set_ylim(len(rows) - 0.4, -0.6)
    return figure


def _interval_panel(axes: Axes, intervals: Sequence["Interval | None"]) -> None:
    for number, interval in enumerate(intervals):
        if interval is not None:
            low, high = (interval.value if end is None else end for end in (interval.low, interval.high))
            reach = [[interval.value - low], [high - interval.value]]
            axes.errorbar(interval.value, number, xerr=reach, fmt="o", markersize=5, capsize=3, color=_colour(number))
    axes.grid(axis="x", alpha=0.25)
    _plain(axes)


def _losses(rows: Sequence[Row]) -> Figure:
    """The reference with all that it can be compared with in one panel, every other cell in one of its own."""
    together = [row for row in rows if not (row.figures and row.figures.incomparable)]
    groups = [together, *([row] for row in rows if row not in together)]
    columns = min(_COLUMNS, len(groups))
    lines = math.ceil(len(groups) / columns)
    figure = _new(3.2 * columns, 0.6 + 2.0 * lines)
    panels = figure.subplots(lines, columns, squeeze=False).reshape(-1)
    for number, axes in enumerate(panels):
        _loss_panel(axes, groups[number] if number < len(groups) else [], alone=number > 0)
    figure.supylabel("loss (panels cannot be compared)", fontsize=8, color=_INK)
    figure.supxlabel("step", fontsize=8, color=_INK)
    return figure


def _loss_panel(axes: Axes, group: Sequence[Row], *, alone: bool) -> None:
    if not group:
        axes.set_axis_off()
        return
    for row in group:
        if row.figures is not None:
            losses = row.figures.losses
            colour = None if len(group) > 1 else _OTHER if alone else _REFERENCE
            axes.plot(np.arange(1, len(losses) + 1), _smoothed(losses), linewidth=1.4, color=colour, label=row.name)
    axes.set_title(group[0].name if len(group) == 1 else "comparable", fontsize=8, color=_INK, loc="left")
    if len(group) > 1:
        axes.legend(fontsize=6, frameon=False)
    axes.grid(alpha=0.25)
    _plain(axes)


def _new(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=120, facecolor="white")
    figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.08)
    return figure


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=7, colors=_INK)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(number: int) -> str:
    return _REFERENCE if number == 0 else _OTHER


def _smoothed(values: Sequence[float]) -> np.ndarray:
    """A running mean over a twentieth of the run."""
    width = max(1, len(values) // 20)
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")

"""Tables of the field as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from spacenit_core.errors import UserError
from spacenit_evals.results.published.beside import FieldTable, Line

MOST = 20
"""Published rows of a table that are drawn: the best."""


def draw(tables: Sequence[FieldTable], path: Path) -> None:
    """Draw the rows of each table below one another, ours in another colour, with their intervals.

    Args:
        tables: one for each part of the picture.
        path: the file, whose ending says what it is: png, pdf, svg.

    Raises:
        UserError: where nothing can be drawn into such a file.
    """
    shown = [_best(table.lines) for table in tables]
    rows = [len(lines) + 2 for lines in shown]
    figure = Figure(figsize=(8, max(0.22 * sum(rows), 2)), layout="constrained")
    FigureCanvasAgg(figure)
    parts = figure.subplots(len(tables), 1, squeeze=False, height_ratios=rows)[:, 0]
    for axes, table, lines in zip(parts, tables, shown, strict=True):
        _draw_table(axes, table, lines)
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be drawn: {error}", "name a file that ends in .png, .pdf or .svg") from error


def _best(lines: Sequence[Line]) -> list[Line]:
    theirs = [line for line in lines if not line.ours][:MOST]
    return [line for line in lines if line.ours or line in theirs]


def _draw_table(axes: Axes, table: FieldTable, lines: Sequence[Line]) -> None:
    for place, line in enumerate(reversed(lines)):
        colour = "tab:red" if line.ours else "tab:gray"
        if line.low is not None and line.high is not None:
            axes.plot([line.low, line.high], [place, place], color=colour, linewidth=1)
        axes.plot(line.value, place, "o", color=colour, markersize=4)
    axes.set_yticks(range(len(lines)), [f"{line.model}, {line.protocol}" for line in reversed(lines)], fontsize=6)
    axes.set_title(f"{table.benchmark}, {table.metric}", fontsize=8)
    axes.tick_params(axis="x", labelsize=6)
    axes.grid(axis="x", linewidth=0.3)

"""Drawing a sample with matplotlib's objects (there is no global state of figures)."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch, Rectangle

from spacenit_core.errors import UserError
from spacenit_data.view.colors import Colors, images_of
from spacenit_data.view.plot import PlottedSample, PlottedSensor

MOST_STEPS = 12
MOST_CLASSES = 12
LONGEST_NAME = 24

WIDTH = (8.0, 19.0)
"""Inches, the least and the most."""
SERIES_PANEL = 1.7
"""Inches, the width of one image of a series, where there is room."""
MAP_PANEL = 2.6
LARGEST_PANEL = 5.0
LEGEND_LINE = 0.2


@frozen(kw_only=True)
class _Row:
    """One row of the plot: a series, a table, or some maps.

    Attributes:
        height: inches.
        items: the sensors.
        columns: maps that fit side by side.
    """

    height: float
    items: tuple[PlottedSensor, ...]
    columns: int = 1


def draw(sample: PlottedSample, bands: Sequence[str] | None = None) -> Figure:
    """Draw a sample: a row for each series, and what has no time in rows below them.

    Args:
        sample: what is shown of it.
        bands: the red, green and blue band, for sensors that have them.
    """
    steps = _chosen_steps(len(sample.dates))
    width = min(max(SERIES_PANEL * len(steps), WIDTH[0]), WIDTH[1])
    rows = _rows(sample, len(steps), width, bands)
    if not rows:
        raise UserError("the sensors chosen have nothing to draw", "choose one with a grid or a time axis")
    heights = [row.height for row in rows]
    figure = Figure(figsize=(width, sum(heights) + 0.5), dpi=110)
    figure.set_layout_engine("constrained", h_pad=0.05, w_pad=0.08)
    figure.suptitle(sample.title, fontsize=11 if width > 9 else 10)
    # Rows that know nothing of each other: the legend of a map must not widen the columns of a series.
    parts = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)
    for part, row in zip(parts[:, 0], rows, strict=True):
        first = row.items[0]
        if not first.spatial:
            _draw_table(part.add_subplot(), first, sample.dates)
        elif first.values.shape[2] > 1:
            _draw_series(part, first, [sample.dates[step] for step in steps], steps, bands)
        else:
            _draw_maps(part, row, bands)
    return figure


def _rows(sample: PlottedSample, steps: int, width: float, bands: Sequence[str] | None) -> list[_Row]:
    series = [item for item in sample.sensors if item.spatial and item.values.shape[2] > 1]
    tables = [item for item in sample.sensors if not item.spatial and item.values.shape[0] > 1]
    maps = [item for item in sample.sensors if item.spatial and item.values.shape[2] == 1]
    rows = [_Row(height=min((width - 0.9) / steps, LARGEST_PANEL) + 0.5, items=(item,)) for item in series]
    rows += [_Row(height=0.8 + 0.22 * len(item.bands), items=(item,)) for item in tables]
    columns = min(len(maps), int(width / MAP_PANEL)) or 1
    side = min(width / columns - 0.2, LARGEST_PANEL)
    for start in range(0, len(maps), columns):
        group = tuple(maps[start : start + columns])
        lines = max(_legend_lines(images_of(item, [0], bands)[2]) for item in group)
        rows.append(_Row(height=side + 0.7 + max(0.3, LEGEND_LINE * lines), items=group, columns=columns))
    return rows


def _chosen_steps(count: int) -> list[int]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_STEPS)).round().astype(int)).tolist()


def _draw_series(
    part: SubFigure, item: PlottedSensor, dates: Sequence[str], steps: Sequence[int], bands: Sequence[str] | None
) -> None:
    images, label, colors = images_of(item, steps, bands)
    drawn = list(part.subplots(1, len(images), squeeze=False)[0])
    for axes, image, date in zip(drawn, images, dates, strict=True):
        _draw_image(axes, image, colors)
        axes.set_title(date, fontsize=8)
    drawn[0].set_ylabel(f"{item.name}\n{label}", fontsize=8)
    _explain(part, drawn, colors)


def _draw_maps(part: SubFigure, row: _Row, bands: Sequence[str] | None) -> None:
    drawn = part.subplots(1, row.columns, squeeze=False)[0]
    for axes in drawn[len(row.items) :]:
        axes.set_axis_off()
    for axes, item in zip(drawn, row.items, strict=False):
        images, label, colors = images_of(item, [0], bands)
        _draw_image(axes, images[0], colors)
        axes.set_title(f"{item.name}\n{label}", fontsize=9)
        _explain(part, [axes], colors)


def _draw_image(axes: Axes, image: np.ndarray, colors: Colors) -> None:
    height, width = image.shape[:2]
    behind = Rectangle(
        (0, 0), 1, 1, transform=axes.transAxes, zorder=-1, facecolor="0.9", edgecolor="0.65", linewidth=0
    )
    behind.set_hatch("////")
    axes.add_patch(behind)
    if colors.classes:
        norm = BoundaryNorm(np.arange(len(colors.classes) + 1) - 0.5, len(colors.classes))
        axes.imshow(image, cmap=ListedColormap(list(colors.palette)), norm=norm, interpolation="nearest")
    elif colors.limits is not None:
        low, high = colors.limits
        axes.imshow(np.ma.masked_invalid(image), cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
    else:
        axes.imshow(image, interpolation="nearest")
    axes.set(xticks=[], yticks=[], xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5), aspect="equal")
    there = image[..., 3] > 0 if image.ndim == 3 else np.isfinite(image)
    if not there.any():
        box = {"facecolor": "white", "edgecolor": "none", "pad": 2.0}
        axes.text(0.5, 0.5, "missing", transform=axes.transAxes, ha="center", va="center", fontsize=8, bbox=box)


def _explain(part: SubFigure, axes: Sequence[Axes], colors: Colors) -> None:
    """A legend of classes, or a colour bar; composites need neither."""
    alone = len(axes) == 1
    if colors.classes:
        names = _legend_names(colors)
        palette = [*colors.palette[: len(names)], "none"]
        handles = [Patch(color=color, label=name) for color, name in zip(palette, names, strict=False)]
        axes[-1].legend(
            handles=handles,
            fontsize=7,
            frameon=False,
            ncols=_legend_columns(colors) if alone else 1,
            loc="upper center" if alone else "center left",
            bbox_to_anchor=(0.5, -0.02) if alone else (1.02, 0.5),
        )
    elif colors.limits is not None and any(_has_pixels(drawn) for drawn in axes):
        room = axes[-1].inset_axes((0.1, -0.09, 0.8, 0.04) if alone else (1.05, 0.05, 0.06, 0.9))
        bar = part.colorbar(axes[0].images[0], cax=room, orientation="horizontal" if alone else "vertical")
        bar.ax.tick_params(labelsize=7)


def _legend_names(colors: Colors) -> list[str]:
    rest = len(colors.classes) - MOST_CLASSES
    return [*map(_short, colors.classes[:MOST_CLASSES]), *([f"and {rest} more"] if rest > 0 else [])]


def _legend_columns(colors: Colors) -> int:
    return max(1, min(4, 36 // (4 + max(map(len, _legend_names(colors))))))


def _legend_lines(colors: Colors) -> int:
    return -(-len(_legend_names(colors)) // _legend_columns(colors)) if colors.classes else 0


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _has_pixels(axes: Axes) -> bool:
    values = axes.images[0].get_array()
    return values is not None and bool(np.ma.count(values))


def _draw_table(axes: Axes, item: PlottedSensor, dates: Sequence[str]) -> None:
    """A series without a grid: bands by steps, each band from its lowest (dark) to its highest value (bright)."""
    values = item.values.T
    known = np.isfinite(values)
    low = np.where(known, values, np.inf).min(axis=1, keepdims=True)
    high = np.where(known, values, -np.inf).max(axis=1, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    axes.set_facecolor("0.9")
    axes.imshow(np.ma.masked_invalid((values - low) / spread), aspect="auto", cmap="viridis", vmin=0, vmax=1)
    ranges = [f"{b}  ({lo:.3g} to {hi:.3g})" for b, lo, hi in zip(item.bands, low[:, 0], high[:, 0], strict=True)]
    axes.set_yticks(range(len(ranges)), ranges, fontsize=7)
    shown = _chosen_steps(len(dates))
    axes.set_xticks(shown, [dates[step] for step in shown], fontsize=7)
    axes.set_title(f"{item.name}: each band from its lowest to its highest value", fontsize=9)

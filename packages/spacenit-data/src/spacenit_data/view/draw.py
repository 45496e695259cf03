"""Drawing a sample with matplotlib's objects (there is no global state of figures)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.patches import Patch, Rectangle

from spacenit_core.errors import UserError
from spacenit_data.view.colors import Colors, images_of
from spacenit_data.view.picture import Picture, Pictured

MOST_STEPS = 12
MOST_CLASSES = 12


def draw(picture: Picture, bands: Sequence[str] | None = None) -> Figure:
    """Draw a sample: series as rows, everything without time in rows below them."""
    steps = _chosen_steps(len(picture.dates))
    series = [item for item in picture.sensors if item.spatial and item.values.shape[2] > 1]
    tables = [item for item in picture.sensors if not item.spatial and item.values.shape[0] > 1]
    maps = [item for item in picture.sensors if item.spatial and item not in series]
    columns = max(len(steps) if series or tables else 1, min(4, len(maps)), 1)
    map_rows = [maps[start : start + columns] for start in range(0, len(maps), columns)]
    heights = [1.0] * len(series) + [0.6] * len(tables) + [1.0] * len(map_rows)
    if not heights:
        raise UserError("the sensors chosen have nothing to draw", "choose one with a grid or a time axis")
    size = 5.0 if columns == 1 else 3.2 if columns <= 4 else 2.0
    figure = Figure(figsize=(max(columns * size, 6.5) + 1.2, sum(heights) * (size + 0.45) + 0.7), dpi=110)
    figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.06)
    grid = figure.add_gridspec(len(heights), columns, height_ratios=heights)
    figure.suptitle(picture.title, fontsize=11)
    for row, item in enumerate(series):
        _draw_series(figure, grid, row, item, [picture.dates[step] for step in steps], steps, bands)
    for row, item in enumerate(tables, start=len(series)):
        _draw_table(figure.add_subplot(grid[row, :]), item, picture.dates)
    for row, group in enumerate(map_rows, start=len(series) + len(tables)):
        for column, item in enumerate(group):
            axes = figure.add_subplot(grid[row, column])
            images, label, colors = images_of(item, [0], bands)
            _draw_image(axes, images[0], colors)
            axes.set_title(f"{item.name}\n{label}", fontsize=9)
            _explain(figure, [axes], colors)
    return figure


def _chosen_steps(count: int) -> list[int]:
    return np.unique(np.linspace(0, count - 1, min(count, MOST_STEPS)).round().astype(int)).tolist()


def _draw_series(
    figure: Figure,
    grid: GridSpec,
    row: int,
    item: Pictured,
    dates: Sequence[str],
    steps: Sequence[int],
    bands: Sequence[str] | None,
) -> None:
    images, label, colors = images_of(item, steps, bands)
    drawn = []
    for column, (image, date) in enumerate(zip(images, dates, strict=True)):
        axes = figure.add_subplot(grid[row, column])
        _draw_image(axes, image, colors)
        axes.set_title(date, fontsize=8)
        drawn.append(axes)
    drawn[0].set_ylabel(f"{item.name}\n{label}", fontsize=8)
    _explain(figure, drawn, colors)


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


def _explain(figure: Figure, axes: Sequence[Axes], colors: Colors) -> None:
    """A legend of classes, or a colour bar; composites need neither."""
    alone = len(axes) == 1
    if colors.classes:
        pairs = list(zip(colors.palette, colors.classes, strict=True))
        handles = [Patch(color=color, label=name) for color, name in pairs[:MOST_CLASSES]]
        if len(pairs) > MOST_CLASSES:
            handles.append(Patch(color="none", label=f"and {len(pairs) - MOST_CLASSES} more"))
        if alone:
            axes[0].legend(
                handles=handles, fontsize=7, frameon=False, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.02)
            )
        else:
            axes[-1].legend(handles=handles, fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.02, 0.5))
    elif colors.limits is not None and any(_has_pixels(drawn) for drawn in axes):
        bar = figure.colorbar(
            axes[0].images[0], ax=list(axes), location="bottom" if alone else "right", shrink=0.8 if alone else 0.9
        )
        bar.ax.tick_params(labelsize=7)


def _has_pixels(axes: Axes) -> bool:
    values = axes.images[0].get_array()
    return values is not None and bool(np.ma.count(values))


def _draw_table(axes: Axes, item: Pictured, dates: Sequence[str]) -> None:
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

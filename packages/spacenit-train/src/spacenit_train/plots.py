"""Pictures of what a run sees: each sample's images, and under them what every view does with their tokens."""

import io
from pathlib import Path

import numpy as np
from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.patches import Patch

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_data.view.colors import Colors, images_of
from spacenit_data.view.plot import PlottedSensor
from spacenit_train.preview import filled_steps, tokens_at_dates

MEANINGS = {ENCODE: "encoded", DECODE: "predicted", TARGET_ONLY: "target only", MISSING: "missing"}
COLORS = {ENCODE: "#2a6fbb", DECODE: "#f0a03c", TARGET_ONLY: "#d9d9d9", MISSING: "#ffffff"}

_PALETTE = ListedColormap([COLORS[value] for value in sorted(COLORS)])
_NORM = BoundaryNorm(np.arange(len(COLORS) + 1) - 0.5, len(COLORS))
_CELL = 1.45
_MOST_COLUMNS = 12
_FEW = 6


@frozen(kw_only=True, eq=False)
class _Item:
    """One sensor of one sample.

    Attributes:
        block: its tokens.
        plotted: its values in stored units, NaN where missing.
        masks: uint8 ``[V, rows, columns, steps, groups]``.
    """

    block: SensorBlock
    plotted: PlottedSensor
    masks: np.ndarray


def draw_masks(batch: Batch, row: int, *, title: str = "") -> Figure:
    """Draw one sample of a batch.

    Series are drawn from left to right in time, at the dates that the sample has; everything without time side by side
    below them. Under each image is one grid per view with a square per patch; band groups are strips of it.

    Args:
        batch: as the loader gives it.
        row: the sample's row in the batch.
        title: the first line; the shares of the tokens follow in a second one.
    """
    items = [_item(batch, row, block) for block in batch.layout.blocks]
    series = [item for item in items if item.block.sensor.temporal]
    still = [item for item in items if not item.block.sensor.temporal]
    dates = [int(step) for step in filled_steps(batch)[row].nonzero()[0]][:_MOST_COLUMNS] or [0]
    columns = max([len(dates) if series else 1, min(len(still), _FEW)])
    rows_of_still = [still[start : start + columns] for start in range(0, len(still), columns)]
    bands, height = len(series) + len(rows_of_still), 1 + batch.views
    size = ((columns + 1.2) * _CELL, bands * (height * _CELL + 0.5) + 1.0)
    figure = Figure(figsize=(max(size[0], 6.5), size[1]), dpi=110)
    figure.set_layout_engine("constrained", h_pad=0.03, w_pad=0.03)
    grid = figure.add_gridspec(bands * height, columns)
    for number, item in enumerate(series):
        for column, step in enumerate(dates):
            date = _date(batch, row, step)
            _draw_column(figure, grid, number * height, column, item, step, label=column == 0, date=date)
    for number, group in enumerate(rows_of_still, start=len(series)):
        for column, item in enumerate(group):
            _draw_column(figure, grid, number * height, column, item, 0, label=column == 0, date=item.plotted.name)
    figure.suptitle("\n".join(filter(None, (title, _shares(batch, row)))), fontsize=10)
    figure.legend(handles=legend(), loc="outside lower center", ncols=len(MEANINGS), fontsize=8, frameon=False)
    return figure


def legend() -> list[Patch]:
    """One patch of colour per state of a token."""
    return [
        Patch(facecolor=COLORS[value], edgecolor="0.6", label=name, hatch="////" if value == MISSING else None)
        for value, name in MEANINGS.items()
    ]


def write_png(figure: Figure, path: Path) -> None:
    """Write a figure whole, with its folder.

    Raises:
        DataError: where that is refused.
    """
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, buffer.getvalue())
    except OSError as error:
        hint = "choose another folder with --trainer.save_folder, or mend this one"
        raise DataError(f"{path} cannot be written: {error.strerror or error}", hint) from error


def _item(batch: Batch, row: int, block: SensorBlock) -> _Item:
    masks = batch.visibility[:, row, block.tokens].numpy().reshape(-1, *block.shape)
    return _Item(block=block, plotted=_plotted(batch, row, block, masks[0] == MISSING), masks=masks)


def _plotted(batch: Batch, row: int, block: SensorBlock, missing: np.ndarray) -> PlottedSensor:
    """The sensor's pixels in stored units [H, W, T, C]; bands without a grid become a column of pixels."""
    spec = block.sensor
    values = batch.pixels[spec.name][row].numpy().astype(np.float64)
    if spec.normalization is not None:
        scale, offset = spec.normalization.scale_and_offset()
        values = (values - offset) / scale
    values = (
        values.reshape(*values.shape[:2], block.timesteps, -1)
        if spec.spatial
        else values.reshape(1, 1, block.timesteps, -1)
    )
    side = batch.layout.patch_size * spec.pixels_per_cell if spec.spatial else 1
    for group, channels in enumerate(spec.group_channels):
        gone = missing[..., group].repeat(side, 0).repeat(side, 1)
        values[..., list(channels)] = np.where(gone[..., None], np.nan, values[..., list(channels)])
    return PlottedSensor(name=spec.name, spec=spec, values=values.astype(np.float32))


def _draw_column(
    figure: Figure, grid: GridSpec, top: int, column: int, item: _Item, step: int, *, label: bool, date: str
) -> None:
    axes = figure.add_subplot(grid[top, column])
    if item.block.sensor.spatial:
        kind = _draw_step(axes, item, step)
    else:
        kind = _draw_numbers(axes, item.plotted.values[0, 0, step])
    axes.set_title(date, fontsize=7)
    if label:
        name = item.plotted.name if item.block.sensor.temporal else ""
        axes.set_ylabel(f"{name}\n{kind}".strip() if name else "", fontsize=7)
    for view in range(len(item.masks)):
        axes = figure.add_subplot(grid[top + 1 + view, column])
        _draw_mask(axes, item.masks[view, :, :, step])
        if label:
            groups = f"\n{item.block.groups} band groups" if item.block.groups > 1 else ""
            axes.set_ylabel(f"view {view + 1}{groups}", fontsize=7)


def _draw_step(axes: Axes, item: _Item, step: int) -> str:
    """The image of one step; what it shows."""
    images, kind, colors = images_of(item.plotted, range(item.block.timesteps), None)
    if images[step].ndim == 3:
        # Colours are stretched step by step, because one cloud would leave the other images black.
        images, kind, colors = images_of(item.plotted, [step], None)
        step = 0
    _draw_image(axes, images[step], colors)
    return kind


def _draw_image(axes: Axes, image: np.ndarray, colors: Colors) -> None:
    hatch(axes)
    if colors.classes:
        count = len(colors.classes)
        axes.imshow(
            image, cmap=ListedColormap(list(colors.palette)), norm=BoundaryNorm(np.arange(count + 1) - 0.5, count)
        )
    elif colors.limits is not None:
        low, high = colors.limits
        axes.imshow(np.ma.masked_invalid(image), cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
    else:
        axes.imshow(image, interpolation="nearest")
    axes.set(xticks=[], yticks=[])


def _draw_numbers(axes: Axes, values: np.ndarray) -> str:
    """The values of a sensor without a grid, as text."""
    shown = [f"{value:.3g}" for value in values[:_FEW]] + (["..."] if len(values) > _FEW else [])
    hatch(axes)
    axes.text(0.5, 0.5, "\n".join(shown), transform=axes.transAxes, ha="center", va="center", fontsize=7)
    axes.set(xticks=[], yticks=[], aspect="equal")
    return "values"


def _draw_mask(axes: Axes, mask: np.ndarray) -> None:
    """[rows, columns, groups] as a grid of squares, each cut into one strip per band group."""
    rows, columns, groups = mask.shape
    hatch(axes)
    strips = mask.reshape(rows, columns * groups)
    there = np.ma.masked_equal(strips, MISSING)
    axes.imshow(there, cmap=_PALETTE, norm=_NORM, extent=(0, columns, rows, 0), interpolation="nearest")
    axes.hlines(range(rows + 1), 0, columns, color="white", linewidth=0.8)
    axes.vlines(range(columns + 1), 0, rows, color="white", linewidth=0.8)
    axes.set(xticks=[], yticks=[], xlim=(0, columns), ylim=(rows, 0), aspect="equal")


def hatch(axes: Axes) -> None:
    """Hatch what nothing is drawn upon: what is missing."""
    axes.set_facecolor("white")
    axes.patch.set(hatch="////", edgecolor="0.75")


def _date(batch: Batch, row: int, step: int) -> str:
    day, month, year = (int(part) for part in batch.timestamps[row, step])
    return f"{year}-{month + 1:02d}-{day:02d}"


def _shares(batch: Batch, row: int) -> str:
    lines = []
    for view, tokens in enumerate(batch.visibility[:, row].numpy()[:, tokens_at_dates(batch)[row]], start=1):
        parts = [
            f"{(tokens == value).mean():.0%} {name}" for value, name in MEANINGS.items() if (tokens == value).any()
        ]
        lines.append(f"view {view}: {', '.join(parts)}")
    return "; ".join(lines) + f" of {tokens_at_dates(batch)[row].sum():,} tokens"

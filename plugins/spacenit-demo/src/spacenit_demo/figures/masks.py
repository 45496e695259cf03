"""What is hidden from the encoder, and what it has to predict."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.visibility import MISSING
from spacenit_demo.figures.canvas import INK, new_figure, save
from spacenit_train.plots import COLORS, hatch, legend

_MONTHS = "JFMAMJJASOND"


def draw_masks(batch: Batch, path: Path, samples: int = 3) -> Path:
    """Draw both views of some samples of a batch: one cell per token, mean over the patches of a window.

    Args:
        batch: a training batch.
        path: the PNG file.
        samples: how many samples to show.
    """
    samples = min(samples, len(batch))
    heights = [block.groups for block in batch.layout.blocks]
    figure = new_figure(4.6 * batch.views + 1.2, samples * (0.32 * sum(heights) + 0.7) + 0.9)
    outer = figure.add_gridspec(samples, batch.views)
    last = max(number for number, block in enumerate(batch.layout.blocks) if block.timesteps == batch.layout.timesteps)
    visibility = batch.visibility.numpy()
    for sample in range(samples):
        for view in range(batch.views):
            grid = outer[sample, view].subgridspec(len(heights), 1, height_ratios=heights, hspace=0.08)
            for number, block in enumerate(batch.layout.blocks):
                axes = figure.add_subplot(grid[number])
                _draw_block(axes, block, visibility[view, sample], labelled=view == 0)
                if number == 0:
                    axes.set_title(f"sample {sample + 1}, view {view + 1}", fontsize=10, color=INK)
                if number == last:
                    axes.set_xticks(range(block.timesteps), _months(batch, sample), fontsize=7)
    figure.legend(handles=legend(), loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return save(figure, path)


def _draw_block(axes: Axes, block: SensorBlock, visibility: np.ndarray, labelled: bool) -> None:
    """One sensor: band groups down, time steps across; of several patches the one in the upper left corner."""
    order = sorted(COLORS)
    states = visibility[block.tokens].reshape(block.shape)[0, 0].T
    codes = np.ma.masked_where(states == MISSING, np.searchsorted(order, states))
    colours = ListedColormap([COLORS[state] for state in order])
    steps = block.timesteps
    extent = (-0.5, steps - 0.5, block.groups - 0.5, -0.5)
    hatch(axes)
    axes.imshow(codes, cmap=colours, vmin=-0.5, vmax=len(order) - 0.5, aspect="auto", extent=extent)
    axes.set(xticks=[], yticks=range(block.groups))
    names = [_group_name(block, group) if labelled else "" for group in range(block.groups)]
    axes.set_yticklabels(names, fontsize=7, color=INK)
    axes.set_xticks(np.arange(steps - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(block.groups - 1) + 0.5, minor=True)
    axes.grid(which="minor", color="white", linewidth=1.2)
    axes.tick_params(which="both", length=0)


def _group_name(block: SensorBlock, group: int) -> str:
    bands = block.sensor.token_groups[group]
    if block.groups == 1:
        return block.sensor.name
    return f"{block.sensor.name}  {bands[0]}..{bands[-1]}"


def _months(batch: Batch, sample: int) -> list[str]:
    return [_MONTHS[month] for month in batch.timestamps[sample, :, 1].tolist()]

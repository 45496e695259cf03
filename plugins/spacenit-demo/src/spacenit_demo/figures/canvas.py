"""What the pictures share: a figure without global state, the classes' colours, and saving."""

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from spacenit_core.checkpoint.files import write_atomically
from spacenit_demo.world.land_cover import CLASSES

INK = "0.25"
"""Colour of text and axes."""


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of some inches."""
    figure = Figure(figsize=(width, height), dpi=120, facecolor="white")
    figure.set_layout_engine("constrained", h_pad=0.08, w_pad=0.08)
    return figure


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG; its folder is made where it is absent."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure).print_png(buffer)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, buffer.getvalue())
    return path


def bare(axes: Axes, title: str) -> None:
    """A picture without ticks, under a title."""
    axes.set(xticks=[], yticks=[])
    axes.set_title(title, fontsize=10, color=INK)
    for spine in axes.spines.values():
        spine.set_visible(False)


def scale_bar(axes: Axes, length: float, label: str) -> None:
    """A bar of some units of the x axis, on a light ground in the lower left corner of a picture.

    Args:
        axes: with a picture in it.
        length: in units of the axis.
        label: what that is on the ground, "1 km".
    """
    left, right = sorted(axes.get_xlim())
    bottom, top = axes.get_ylim()
    start, height = left + 0.05 * (right - left), bottom + 0.05 * (top - bottom)
    outline = [withStroke(linewidth=3.0, foreground="white")]
    axes.plot([start, start + length], [height, height], color="black", linewidth=2.0, path_effects=outline)
    axes.annotate(
        label,
        (start + length / 2, height),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        fontsize=7,
        color="black",
        path_effects=outline,
    )


def class_colours(codes: np.ndarray) -> np.ndarray:
    """From label codes ``[H, W]`` to colours ``[H, W, 3]``; code 0 is white."""
    palette = np.array([(255, 255, 255), *(kind.colour for kind in CLASSES)], dtype=np.uint8)
    return palette[codes]


def class_legend() -> list[Patch]:
    """One patch of colour per class."""
    return [Patch(color="#{:02x}{:02x}{:02x}".format(*kind.colour), label=kind.name) for kind in CLASSES]

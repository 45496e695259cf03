"""What the pictures share: a figure without global state, the classes' colours, and saving."""

import io
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch

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


def class_colours(codes: np.ndarray) -> np.ndarray:
    """From label codes ``[H, W]`` to colours ``[H, W, 3]``; code 0 is white."""
    palette = np.array([(255, 255, 255), *(kind.colour for kind in CLASSES)], dtype=np.uint8)
    return palette[codes]


def class_legend() -> list[Patch]:
    """One patch of colour per class."""
    return [Patch(color="#{:02x}{:02x}{:02x}".format(*kind.colour), label=kind.name) for kind in CLASSES]

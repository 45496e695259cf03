"""One sample through the year, as each sensor recorded it."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_demo.figures.canvas import INK, bare, new_figure, save, scale_bar
from spacenit_demo.world.landscape import MONTHS

EDGE, BAR = 640, 200
"""Metres along a sample, and along the scale bar."""

_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def draw_sample(tile: SampleWindow, path: Path) -> Path:
    """Draw a whole tile: natural and infrared colour of Sentinel-2, backscatter of Sentinel-1, twelve months each.

    Args:
        tile: a tile of the world; what it lacks stays hatched.
        path: the PNG file.
    """
    rows = {
        "Sentinel-2\nnatural colour": _optical(tile, (2, 1, 0), 2400.0),
        "Sentinel-2\nnear infrared": _optical(tile, (3, 2, 1), (4800.0, 2600.0, 2400.0)),
        "Sentinel-1\nVV, VH, VV/VH": _radar(tile),
    }
    figure = new_figure(15.0, 4.6)
    panels = figure.subplots(len(rows), MONTHS)
    for row, (name, images) in enumerate(rows.items()):
        for month, axes in enumerate(panels[row]):
            _draw(axes, None if images is None else images[month], _NAMES[month] if row == 0 else "")
        panels[row, 0].set_ylabel(name, fontsize=9, color=INK)
    first = next(axes for axes in panels.flat if axes.images)
    scale_bar(first, first.images[0].get_array().shape[1] * BAR / EDGE, f"{BAR} m")
    year = int(tile.timestamps[0, 2])
    figure.suptitle(
        f"sample {tile.index}: {EDGE} m x {EDGE} m in {year}; white: under clouds, grey: no image in that month",
        fontsize=11,
        color=INK,
    )
    return save(figure, path)


def _draw(axes: Axes, image: np.ndarray | None, title: str) -> None:
    bare(axes, title)
    for spine in axes.spines.values():
        # Images under clouds are as white as the page.
        spine.set(visible=True, color="0.75", linewidth=0.5)
    if image is None or not np.isfinite(image).any():
        axes.set_facecolor("0.93")
        axes.text(0.5, 0.5, "missing", transform=axes.transAxes, ha="center", va="center", fontsize=8, color="0.5")
        axes.set_aspect("equal")
        return
    axes.imshow(image, interpolation="nearest")


def _optical(
    tile: SampleWindow, bands: tuple[int, int, int], white: float | tuple[float, ...]
) -> list[np.ndarray | None] | None:
    values = _by_month(tile, "sentinel2_l2a")
    if values is None:
        return None
    return [None if image is None else np.clip(image[..., bands] / np.asarray(white), 0, 1) ** 0.8 for image in values]


def _radar(tile: SampleWindow) -> list[np.ndarray | None] | None:
    values = _by_month(tile, "sentinel1")
    if values is None:
        return None
    low, high = np.array([-22.0, -28.0, 2.0]), np.array([-4.0, -10.0, 12.0])
    out: list[np.ndarray | None] = []
    for image in values:
        if image is not None:
            image = np.concatenate([image, image[..., :1] - image[..., 1:]], axis=-1)
            image = np.clip((image - low) / (high - low), 0, 1)
        out.append(image)
    return out


def _by_month(tile: SampleWindow, sensor: str) -> list[np.ndarray | None] | None:
    """The images of a sensor, one per month, None where there is none."""
    if sensor not in tile.bands:
        return None
    stored = iter(np.moveaxis(tile.bands[sensor], 2, 0))
    return [next(stored) if there else None for there in tile.present[sensor]]

"""One landscape as the encoder sees it: natural colour, its vectors as colours, and the map that a probe draws."""

from pathlib import Path

import numpy as np
from attrs import frozen
from matplotlib.axes import Axes

from spacenit_core.kinds.datasets import TileDataset
from spacenit_demo.figures.canvas import bare, class_colours, class_legend, new_figure, save, scale_bar


@frozen(kw_only=True, eq=False)
class LandscapeView:
    """What is shown of one landscape.

    Attributes:
        colour: float ``[H, W, 3]``, natural colour of a clear month; NaN where missing.
        vectors: float ``[h, w, D]``, the encoder's vector of each window.
        predicted: uint8 ``[h, w]``, label codes.
        truth: uint8 ``[H, W]``, label codes.
        train: bool ``[H, W]``, ground whose labels the probe was trained on.
    """

    colour: np.ndarray
    vectors: np.ndarray
    predicted: np.ndarray
    truth: np.ndarray
    train: np.ndarray


def draw_embedding(view: LandscapeView, path: Path) -> Path:
    """Draw natural colour beside the first three principal components of the encoder's vectors as red, green, blue."""
    figure = new_figure(11.0, 5.7)
    left, right = figure.subplots(1, 2)
    left.imshow(np.nan_to_num(view.colour, nan=1.0), interpolation="nearest")
    bare(left, "Sentinel-2, natural colour, least clouds")
    right.imshow(principal_colours(view.vectors), interpolation="nearest")
    bare(right, "what the encoder tells apart\n(principal components 1, 2, 3 as red, green, blue)")
    _scale(left, view.colour.shape[1], view.truth.shape[1])
    _scale(right, view.vectors.shape[1], view.truth.shape[1])
    figure.supxlabel(
        "Squares with hard edges: samples that lack a sensor or some months, so that the encoder sees less of them.",
        fontsize=8,
        color="0.35",
    )
    return save(figure, path)


def _scale(axes: Axes, width: int, cells: int) -> None:
    """A scale bar of 1 km on a picture that shows some cells of 10 m in a width of its own."""
    scale_bar(axes, width * 100 / cells, "1 km")


def draw_prediction(view: LandscapeView, path: Path, title: str) -> Path:
    """Draw the probe's map beside the truth; ground with training labels is framed.

    Args:
        view: the landscape.
        path: the PNG file.
        title: of the probe's map.
    """
    figure = new_figure(11.0, 6.4)
    left, right = figure.subplots(1, 2)
    height, width = view.truth.shape
    left.imshow(class_colours(view.predicted), interpolation="nearest", extent=(0, width, height, 0))
    bare(left, title)
    right.imshow(class_colours(view.truth), interpolation="nearest", extent=(0, width, height, 0))
    bare(right, "truth")
    for axes in (left, right):
        _scale(axes, width, width)
        axes.contour(view.train, levels=[0.5], colors="black", linewidths=1.0, extent=(0, width, 0, height))
    figure.legend(handles=class_legend(), loc="outside lower center", ncols=8, fontsize=9, frameon=False)
    figure.text(
        0.5, 0.075, "black frames: ground whose labels trained the probe", ha="center", fontsize=8, color="0.35"
    )
    return save(figure, path)


def principal_colours(vectors: np.ndarray) -> np.ndarray:
    """The first three principal components, each from its 2nd to its 98th percentile, as colours ``[h, w, 3]``."""
    flat = vectors.reshape(-1, vectors.shape[-1])
    known = np.isfinite(flat).all(axis=1)
    centred = flat - flat[known].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[known], full_matrices=False)
    # A direction has no sign of its own: the larger half of its weights points up, on every machine.
    axes = axes[:3] * np.where(axes[:3].sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    parts = centred @ axes.T
    low, high = np.percentile(parts[known], (2, 98), axis=0)
    colours = np.clip((parts - low) / np.maximum(high - low, 1e-12), 0.0, 1.0)
    colours[~known] = 1.0
    return colours.reshape(*vectors.shape[:-1], 3)


def natural_colour(dataset: TileDataset, samples: np.ndarray) -> np.ndarray:
    """Natural colour of a square of samples in the month with the least clouds, float ``[H, W, 3]``, NaN where missing.

    Args:
        dataset: a set that holds `sentinel2_l2a` or lacks it here and there.
        samples: int ``[rows, columns]``, the samples' numbers.
    """
    size = dataset.tile_size or 1
    tiles = [[dataset.read_window(int(number), row=0, column=0, cells=size) for number in row] for row in samples]
    months = np.full((samples.shape[0] * size, samples.shape[1] * size, 12, 3), np.nan, dtype=np.float32)
    for row, across in enumerate(tiles):
        for column, tile in enumerate(across):
            if "sentinel2_l2a" in tile.bands:
                here = months[row * size : (row + 1) * size, column * size : (column + 1) * size]
                here[:, :, tile.present["sentinel2_l2a"]] = tile.bands["sentinel2_l2a"][..., [2, 1, 0]]
    # Clouds are bright in the blue; a summer month is preferred, because it shows more.
    blue = np.where(np.isfinite(months[..., 2]), months[..., 2], 4000.0).mean(axis=(0, 1))
    best = 4 + int(blue[4:9].argmin())
    return np.clip(months[:, :, best] / 2400.0, 0.0, 1.0) ** 0.8

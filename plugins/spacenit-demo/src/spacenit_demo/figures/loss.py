"""The loss over the steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spacenit_demo.figures.canvas import INK, new_figure, save

_NOT_A_LOSS = {"step", "epoch", "tokens", "lr", "grad_norm", "seconds", "data_seconds"}


def draw_loss(rows: Sequence[Mapping[str, float]], path: Path) -> Path:
    """Draw the losses of a run and the learning rate.

    Args:
        rows: the rows of `metrics.jsonl`.
        path: the PNG file.
    """
    steps = np.array([row["step"] for row in rows])
    names = [name for name in rows[0] if name not in _NOT_A_LOSS]
    figure = new_figure(8.0, 0.6 + 1.7 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        values = np.array([row[name] for row in rows], dtype=float)
        axes.plot(steps, values, color="#9ab7d3", linewidth=0.8)
        axes.plot(steps, _smoothed(values), color="#1f4e79", linewidth=1.8)
        axes.set_title(name, fontsize=10, color=INK, loc="left")
        axes.grid(alpha=0.25)
        axes.tick_params(labelsize=8, colors=INK)
        axes.spines[["top", "right"]].set_visible(False)
    rate = panels[0].twinx()
    rate.plot(steps, [row["lr"] for row in rows], color="#c98b2b", linewidth=1.0, linestyle="--")
    rate.set_ylabel("learning rate", fontsize=8, color="#c98b2b")
    rate.tick_params(labelsize=8, colors="#c98b2b")
    rate.spines[["top", "left"]].set_visible(False)
    panels[-1].set_xlabel("step", fontsize=9, color=INK)
    return save(figure, path)


def _smoothed(values: np.ndarray) -> np.ndarray:
    """A running mean over a twentieth of the run."""
    width = max(1, len(values) // 20)
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")

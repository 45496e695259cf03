"""The loss over the steps."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from spacenit_core.kinds.losses import LOSSES, LossConfig
from spacenit_demo.figures.canvas import INK, new_figure, save

_NOT_A_LOSS = {"step", "epoch", "tokens", "lr", "grad_norm", "seconds", "data_seconds"}


def draw_loss(rows: Sequence[Mapping[str, float]], titles: Mapping[str, str], path: Path) -> Path:
    """Draw the losses of a run and the learning rate.

    Args:
        rows: the rows of `metrics.jsonl`.
        titles: metric -> what stands above its panel; those without one are titled by their names.
        path: the PNG file.
    """
    steps = np.array([row["step"] for row in rows])
    names = [name for name in rows[0] if name not in _NOT_A_LOSS]
    figure = new_figure(8.0, 0.9 + 1.7 * len(names))
    panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, names, strict=True):
        values = np.array([row[name] for row in rows], dtype=float)
        axes.plot(steps, values, color="#9ab7d3", linewidth=0.8, label="each step")
        axes.plot(steps, _smoothed(values), color="#1f4e79", linewidth=1.8, label="mean over a twentieth of the run")
        axes.set_title(titles.get(name, name), fontsize=10, color=INK, loc="left")
        axes.set_ylabel("loss", fontsize=8, color=INK)
        axes.grid(alpha=0.25)
        axes.tick_params(labelsize=8, colors=INK)
        axes.spines[["top", "right"]].set_visible(False)
    rate = panels[0].twinx()
    rates = [row["lr"] for row in rows]
    rate.plot(steps, rates, color="#c98b2b", linewidth=1.0, linestyle="--", label="learning rate (right)")
    rate.set_ylabel("learning rate", fontsize=8, color="#c98b2b")
    rate.tick_params(labelsize=8, colors="#c98b2b")
    rate.spines[["top", "left"]].set_visible(False)
    panels[-1].set_xlabel("step", fontsize=9, color=INK)
    lines = [*panels[0].get_lines(), *rate.get_lines()]
    figure.legend(handles=lines, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    return save(figure, path)


def loss_titles(runner: Any) -> dict[str, str]:
    """What stands above the panels: metric -> the loss by its installed name, with the setting that holds it.

    Args:
        runner: the runner's settings.
    """
    titles = {"loss": "loss: the sum of all terms"}
    for one in attrs.fields(type(runner)):
        loss = getattr(runner, one.name)
        if isinstance(loss, LossConfig):
            name = LOSSES.name_of(loss)
            titles |= dict.fromkeys((loss.metric, loss.metric + one.name[-2:]), f"{name} ({one.name})")
    return titles


def _smoothed(values: np.ndarray) -> np.ndarray:
    """A running mean over a twentieth of the run."""
    width = max(1, len(values) // 20)
    kernel = np.ones(width)
    return np.convolve(values, kernel, "same") / np.convolve(np.ones(len(values)), kernel, "same")

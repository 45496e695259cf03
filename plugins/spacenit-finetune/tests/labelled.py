"""Samples whose labels follow from their pixels, at hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import frozen

from spacenit_core.kinds.protocols import LabelledSplit
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

SENSORS = SensorSet.of(["sentinel2_l2a"])
SIDE, PATCH, DATES = 8, 2, 3
INPUTS = ModelInputs(sensors=SENSORS, patch_size=PATCH, max_timesteps=DATES)
MAPS = ("segmentation", "pixel_regression")


@frozen(kw_only=True, eq=False)
class Part:
    """A side of a split; implements `LabelledPart`."""

    windows: Sequence[SampleWindow]
    labels: Any

    @property
    def groups(self) -> np.ndarray:
        return np.arange(len(self.windows))

    def samples(self, rows: np.ndarray) -> list[SampleWindow]:
        return [self.windows[row] for row in rows]


def window(index: int, brightness: np.ndarray) -> SampleWindow:
    """Pixels of a brightness float ``[SIDE, SIDE]`` in [0, 1], with noise; the last patch holds nothing."""
    rng = np.random.default_rng(1000 + index)
    colour = np.linspace(0.2, 1.0, 12)
    values = 500 + 4000 * brightness[..., None, None] * colour + rng.normal(0, 100, (SIDE, SIDE, DATES, 12))
    values[-PATCH:, -PATCH:] = -99999
    return SampleWindow(
        index=index,
        bands={"sentinel2_l2a": values.astype(np.float32)},
        present={"sentinel2_l2a": np.ones(DATES, bool)},
        timestamps=np.array([(1, month, 2020) for month in range(DATES)]),
        latlon=np.array([50.0, 4.0], np.float32),
    )


def part(task: str, count: int, seed: int) -> Part:
    """Samples of a task: dark or bright, or the brightness itself; of maps, halves that differ."""
    rng = np.random.default_rng(seed)
    bright = rng.random((count, 2)) < 0.5
    level = np.where(bright, 0.9, 0.1) if task in MAPS else np.where(bright[:, :1], 0.9, 0.1).repeat(2, 1)
    maps = level[:, None].repeat(SIDE, 1).repeat(SIDE // 2, 2)
    windows = [window(seed * 1000 + number, one) for number, one in enumerate(maps)]
    labels: dict[str, Any] = {
        "classification": bright[:, 0].astype(int),
        "multilabel": np.stack([bright[:, 0], ~bright[:, 0]], axis=1),
        "regression": level[:, 0] * 40 + 100,
        "segmentation": (maps > 0.5).astype(int),
        "pixel_regression": (maps * 40 + 100).astype(np.float32),
    }
    if task in MAPS:
        labels[task][:, 0] = -1 if task == "segmentation" else np.nan
    return Part(windows=windows, labels=labels[task])


def split(task: str, count: int = 24, *, validation: bool = True) -> LabelledSplit:
    """Samples of a task on all sides."""
    return LabelledSplit(
        train=part(task, count, 1),
        test=part(task, 16, 2),
        validation=part(task, 10, 3) if validation else None,
        task=task,
        classes=1 if task.endswith("regression") else 2,
    )

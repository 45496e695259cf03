"""Masking policies in the commands that read data."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from spacenit_core.cli.main import run
from spacenit_train.trainer.metrics import read_metrics

from .command_line import words

AT = "--train_module.masking"
NEEDED = {
    "random_fixed_modality": (
        f"{AT}.decoded_modalities=[worldcover]",
        f"{AT}.randomize_missing_modalities=[sentinel2_l2a,sentinel1]",
    ),
    "scheduled": (
        f"{AT}.policies.space.type=space",
        f"{AT}.policies.v1_2.type=random_time_with_decode",
        f"{AT}.starts=[0,1]",
    ),
}
PREDICTED = np.array([0xF0, 0xA0, 0x3C])


def with_policy(command: str, name: str, data: Path, folder: Path, *more: str) -> list[str]:
    """A command line with a masking policy and what it needs."""
    return words(command, data, folder, f"--plugin=masking={name}", *NEEDED.get(name, ()), *more)


@pytest.mark.parametrize("name", ["random_fixed_modality", "spectral"])
def test_visualize_draws_the_masks_of_a_policy(tmp_path: Path, data: Path, name: str) -> None:
    assert run(with_policy("visualize", name, data, tmp_path / "run", "--num_samples=1")) == 0
    (picture,) = (tmp_path / "run" / "visualizations").iterdir()
    pixels = np.round(imread(picture)[..., :3] * 255).astype(int)
    assert (pixels == PREDICTED).all(-1).any()


def test_a_schedule_of_policies_trains(tmp_path: Path, data: Path) -> None:
    assert run(with_policy("train_single", "scheduled", data, tmp_path / "run", "--trainer.max_duration.steps=3")) == 0
    losses = [row["loss"] for row in read_metrics(tmp_path / "run" / "metrics.jsonl")]
    assert losses and np.isfinite(losses).all()

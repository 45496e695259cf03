"""Masking policies in the commands that read data."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from spacenit_core.cli.main import run
from spacenit_train.trainer.metrics import read_metrics

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
SETTINGS = (
    "--sensors=[sentinel2_l2a,sentinel1,worldcover]",
    "--model.encoder.depth=1",
    "--model.encoder.embedding_size=16",
    "--model.encoder.num_heads=2",
    "--model.decoder.depth=1",
    "--model.decoder.embedding_size=16",
    "--model.decoder.num_heads=2",
    "--data_loader.max_patch_size=2",
    "--data_loader.sampled_hw_p_list=[3]",
    "--data_loader.token_budget=160",
    "--data_loader.global_batch_size=4",
    "--data_loader.num_workers=0",
    "--train_module.rank_microbatch_size=2",
)


def words(command: str, name: str, data: Path, folder: Path, *more: str) -> list[str]:
    place = [f"--common.save_folder={folder}", f"--dataset.h5py_dir={data}", f"--plugin=masking={name}"]
    return [command, "nano", "tiny", "local", *place, *SETTINGS, *NEEDED.get(name, ()), *more]


@pytest.mark.parametrize("name", ["random_fixed_modality", "spectral"])
def test_visualize_draws_the_masks_of_a_policy(tmp_path: Path, data: Path, name: str) -> None:
    assert run(words("visualize", name, data, tmp_path / "run", "--num_samples=1")) == 0
    (picture,) = (tmp_path / "run" / "visualizations").iterdir()
    pixels = np.round(imread(picture)[..., :3] * 255).astype(int)
    assert (pixels == PREDICTED).all(-1).any()


def test_a_schedule_of_policies_trains(tmp_path: Path, data: Path) -> None:
    assert run(words("train_single", "scheduled", data, tmp_path / "run", "--trainer.max_duration.steps=3")) == 0
    losses = [row["loss"] for row in read_metrics(tmp_path / "run" / "metrics.jsonl")]
    assert losses and np.isfinite(losses).all()

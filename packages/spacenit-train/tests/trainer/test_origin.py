"""A new run begins with the weights of another, and with what its settings say of them."""

import shutil
from pathlib import Path
from types import ModuleType

import pytest
import torch

from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup

from .runs import fit, weights


@pytest.mark.parametrize("reinit", [False, True])
def test_a_target_of_its_own_is_drawn_upon_loaded_weights(
    begun: Path, tmp_path: Path, data: Path, tiny: ModuleType, reinit: bool
) -> None:
    module = {"reinit_targets": reinit, "optim": AdamWConfig(lr=0.0, weight_decay=0.0)}
    for name in ("one", "again"):
        folder = tmp_path / name
        fit(tiny.experiment(data, folder, value=1, module=module, trainer={"load_path": begun}))
    before, one, again = weights(begun, 2), weights(tmp_path / "one", 1), weights(tmp_path / "again", 1)
    same = {name.partition(".")[0] for name in before if torch.equal(before[name], one[name])}
    assert same >= {"encoder", "decoder"}
    drawn = [name for name, tensor in before.items() if name.startswith("target") and tensor.std() > 0]
    assert drawn and all(torch.equal(before[name], one[name]) is not reinit for name in drawn)
    assert all(torch.equal(tensor, again[name]) for name, tensor in one.items())


def test_a_run_that_goes_on_for_longer_says_what_its_rate_does(
    begun: Path, tmp_path: Path, data: Path, tiny: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(begun, folder)
    fit(tiny.experiment(data, folder, value=2))
    assert "note:" not in capsys.readouterr().err
    fit(tiny.experiment(data, folder, value=9))
    said = capsys.readouterr().err
    assert "begun for 2 steps and goes on for 9 steps" in " ".join(said.split())


def test_a_run_measured_in_tokens_says_it_when_its_steps_are_known(
    tmp_path: Path, data: Path, tiny: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    module = {"scheduler": CosineWithWarmup(warmup_steps=100)}
    fit(tiny.experiment(data, tmp_path, value=900, unit="tokens", module=module))
    assert "still rises at the last of" in capsys.readouterr().err

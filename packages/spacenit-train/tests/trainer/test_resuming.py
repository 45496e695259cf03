"""Going on with a run: the same to the bit, or refused with what differs."""

import logging
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (registers the codecs)
import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core import checkpoint
from spacenit_core.errors import UserError
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.resume import check_same, plain

from .runs import fit, steps, weights


def test_a_duration_in_tokens_resumes_on_the_same_schedule(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    settings = {"value": 3000, "unit": "tokens", "save_interval": 3}
    fit(tiny.experiment(data, tmp_path / "whole", **settings))
    last = steps(tmp_path / "whole")[-1]
    assert last > 6
    shutil.copytree(tmp_path / "whole", tmp_path / "half")
    for step in steps(tmp_path / "whole")[3:]:
        shutil.rmtree(tmp_path / "half" / f"step{step}", ignore_errors=True)
    fit(tiny.experiment(data, tmp_path / "half", **settings))
    whole, half = (read_metrics(tmp_path / name / "metrics.jsonl") for name in ("whole", "half"))
    assert [row["lr"] for row in whole] == [row["lr"] for row in half]
    assert all(
        torch.equal(t, weights(tmp_path / "half", last)[n]) for n, t in weights(tmp_path / "whole", last).items()
    )


def test_the_longer_run_may_go_on_and_a_complete_one_does_nothing(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / "run"
    fit(tiny.experiment(data, folder, value=3))
    before = (folder / "step3" / "model.safetensors").stat().st_mtime_ns
    assert fit(tiny.experiment(data, folder, value=3)).progress.step == 3
    assert (folder / "step3" / "model.safetensors").stat().st_mtime_ns == before
    changed = tiny.experiment(
        data,
        folder,
        value=5,
        save_interval=1,
        loader={"num_workers": 0, "prefetch_factor": 5},
        trainer={"metrics_collect_interval": 2},
    )
    fit(changed)
    assert steps(folder) == [1, 2, 3, 4, 5]
    assert [path.name for path in checkpoint.checkpoints(folder)] == ["step5", "step4", "step3"]


def test_dropped_bands_and_grouped_bands_resume_to_the_bit(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    def one(name: str, rate: float = 0.5) -> TileExperiment:
        experiment = tiny.experiment(data, tmp_path / name, value=4, save_interval=2)
        encoder = evolve(
            experiment.model.encoder,
            patch_embed_hidden_sizes=(3,),
            band_dropout_rate=rate,
            random_band_dropout=True,
            band_dropout_modalities=("sentinel2_l2a",),
        )
        groups = {"sentinel2_l2a": (("B12", "B02", "B08"), ("B05", "B04"))}
        return evolve(experiment, model=evolve(experiment.model, encoder=encoder), band_groups=groups)

    fit(one("whole"))
    shutil.copytree(tmp_path / "whole", tmp_path / "halves")
    shutil.rmtree(tmp_path / "halves" / "step4")
    fit(one("halves"))
    fit(one("all bands", rate=0.0))

    whole, halves, all_bands = (weights(tmp_path / name, 4) for name in ("whole", "halves", "all bands"))
    assert whole["encoder.patch_embedding.pixel_projections.sentinel2_l2a__0.0.weight"].shape == (3, 3)
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    assert not all(torch.equal(whole[name], all_bands[name]) for name in whole)


REFUSED: dict[str, Any] = {
    "seed: 12536 -> 7": {"seed": 7},
    'sensors: ["sentinel2_l2a", "sentinel1", "worldcover"] -> ["sentinel2_l2a", "worldcover"]': {
        "sensors": ("sentinel2_l2a", "worldcover")
    },
    "data_loader.seed: 3622 -> 1": {"loader": {"seed": 1}},
    "data_loader.global_batch_size: 4 -> 2": {"loader": {"global_batch_size": 2}},
    "data_loader.token_budget: 160 -> null": {"loader": {"token_budget": None}},
    "train_module.optim.lr: 0.001 -> 0.1": {"module": {"optim": AdamWConfig(lr=0.1, weight_decay=2e-3)}},
    "dataset.dataset_percentage: 1.0 -> 0.5": {"dataset_percentage": 0.5},
}


@pytest.mark.parametrize("difference", REFUSED)
def test_other_settings_are_refused_with_the_difference(
    begun: Path, data: Path, tiny: ModuleType, difference: str
) -> None:
    changes = dict(REFUSED[difference])
    share = changes.pop("dataset_percentage", None)
    experiment = tiny.experiment(data, begun, value=4, **changes)
    if share is not None:
        experiment = evolve(experiment, dataset=evolve(experiment.dataset, dataset_percentage=share))
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file() and path.name != ".lock"}
    with pytest.raises(UserError) as caught:
        fit(experiment)
    assert difference in str(caught.value) and "load_path" in str(caught.value)
    assert before == {path: path.read_bytes() for path in begun.rglob("*") if path.is_file() and path.name != ".lock"}


def test_the_same_data_elsewhere_are_accepted_and_other_data_refused(
    tmp_path: Path, begun: Path, data: Path, tiny: ModuleType
) -> None:
    run = tmp_path / "run"
    shutil.copytree(begun, run)
    shutil.copytree(data, tmp_path / data.parent.name / data.name)
    fit(tiny.experiment(tmp_path / data.parent.name / data.name, run, value=3))
    other = tiny.make_set(tmp_path / "other", seed=1)
    with pytest.raises(UserError, match=r"other data.*\n.*sample 0"):
        fit(tiny.experiment(other, run, value=4))
    with pytest.raises(UserError, match="samples: 12 -> 13"):
        fit(tiny.experiment(tiny.make_set(tmp_path / "more", count=13), run, value=4))


def test_settings_that_earlier_releases_did_not_have_are_their_defaults(data: Path, tiny: ModuleType) -> None:
    experiment = tiny.experiment(data, Path("run"), value=4)
    saved = plain(experiment)
    del saved["dataset"]["months_from"]
    check_same(saved, experiment, Path("run"))
    with pytest.raises(UserError, match=r"dataset\.months_from: .unset. -> 1"):
        check_same(saved, evolve(experiment, dataset=evolve(experiment.dataset, months_from=1)), Path("run"))


def test_one_replaced_or_edited_sample_is_other_data(
    tmp_path: Path, begun: Path, data: Path, tiny: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    run, folder = tmp_path / "run", tmp_path / data.parent.name / data.name
    shutil.copytree(begun, run)
    shutil.copytree(data, folder)
    other = tiny.make_set(tmp_path / "other", seed=1)
    (folder / "sample_7.h5").write_bytes((other / "sample_7.h5").read_bytes())
    with pytest.raises(UserError, match=r"other data.*\n.*sample 7"):
        fit(tiny.experiment(folder, run, value=4))
    shutil.copyfile(data / "sample_7.h5", folder / "sample_7.h5")
    with h5py.File(folder / "sample_4.h5", "r+") as file:
        name = "sentinel1" if "sentinel1" in file else "sentinel2_l2a"
        file[name][-1, -1, -1, -1] += 1
    with pytest.raises(UserError, match=r"other data.*\n.*whole sample 4"):
        fit(tiny.experiment(folder, run, value=4))
    shutil.copyfile(data / "sample_4.h5", folder / "sample_4.h5")
    centres = np.load(folder / "latlon_distribution.npy")
    np.save(folder / "latlon_distribution.npy", centres[::-1])
    with pytest.raises(UserError, match="places and sensors"):
        fit(tiny.experiment(folder, run, value=4))
    np.save(folder / "latlon_distribution.npy", centres)
    with (folder / "sample_4.h5").open("ab") as file:
        file.write(b"\0" * 100)
    with caplog.at_level(logging.WARNING):
        assert fit(tiny.experiment(folder, run, value=3)).progress.step == 3
    assert "have other bytes" in caplog.text and "samples 4 to 4" in caplog.text


def test_a_sample_that_was_mended_is_no_other_data(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / data.parent.name / data.name
    shutil.copytree(data, folder)
    whole = (folder / "sample_0.h5").read_bytes()
    (folder / "sample_0.h5").write_bytes(whole[:-200])
    skip = {"on_corrupt": "skip", "max_corrupt_fraction": 0.5}
    fit(tiny.experiment(folder, tmp_path / "run", value=2, loader=skip))
    (folder / "sample_0.h5").write_bytes(whole)
    assert fit(tiny.experiment(folder, tmp_path / "run", value=3, loader=skip)).progress.step == 3


def test_a_damaged_checkpoint_is_passed_over_and_said(
    tmp_path: Path, data: Path, tiny: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    fit(tiny.experiment(data, folder, value=6, save_interval=2))
    expected = weights(folder, 6)
    file = folder / "step6" / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[1000] ^= 4
    file.write_bytes(content)
    (folder / "step4" / "state.json").unlink()
    trainer = fit(tiny.experiment(data, folder, value=6, save_interval=2))
    said = "".join(capsys.readouterr().err.split())
    assert "step6ispassedover" in said and "step4ispassedover" in said
    assert trainer.progress.step == 6 and steps(folder) == [1, 2, 3, 4, 5, 6]
    assert all(torch.equal(tensor, weights(folder, 6)[name]) for name, tensor in expected.items())
    checkpoint.verify(folder / "step4")


def test_weights_of_another_run_are_where_this_one_starts(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    fit(tiny.experiment(data, tmp_path / "first", value=3))
    still = {"optim": AdamWConfig(lr=0.0, weight_decay=0.0)}
    for source in (tmp_path / "first", tmp_path / "first" / "step3"):
        folder = tmp_path / f"from_{source.name}"
        trainer = fit(tiny.experiment(data, folder, value=1, module=still, trainer={"load_path": source}))
        assert trainer.progress.step == 1
        assert all(torch.equal(t, weights(folder, 1)[n]) for n, t in weights(tmp_path / "first", 3).items())
    with pytest.raises(UserError, match=r"holds no( whole)? checkpoint"):
        fit(tiny.experiment(data, tmp_path / "none", trainer={"load_path": tmp_path / "nowhere"}))
    with pytest.raises(UserError, match="do not fit the model"):
        few = tiny.experiment(
            data, tmp_path / "few", sensors=("worldcover", "sentinel1"), trainer={"load_path": source}
        )
        fit(few)

"""From words on a command line to a checked experiment."""

import os
import sys
from pathlib import Path

import pytest
from attrs import evolve

from spacenit_core.config import structure
from spacenit_core.plugins import discovery
from spacenit_train.run import resolve_run
from spacenit_train.tile_experiment import TileExperiment

from .dry_runs import config, invoke, refused

pytestmark = pytest.mark.usefixtures("one_process")


ACME = """
from typing import ClassVar
from attrs import frozen
from spacenit_core.config.fields import setting
from spacenit_core.kinds.callbacks import CallbackConfig
from spacenit_core.plugins.hookspecs import hookimpl

@frozen(kw_only=True)
class Bell(CallbackConfig):
    attach: ClassVar[bool] = True
    enabled: bool = setting("whether to ring", True)
    tone: str = setting("its tone", "a")
    volume: int = setting("how loud", 3)

    def inactive(self):
        return {"volume": "tone=none"} if self.tone == "none" else super().inactive()

@hookimpl
def spacenit_check_experiment(experiment):
    return ["the answer is not 43"] if experiment.seed == 43 else []
"""


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A plugin with a callback that joins every run, one that is broken, and a check of experiments."""
    from spacenit_core.plugins.hooks import hooks

    folder = tmp_path / "acme_train-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-train\nVersion: 1.0\n")
    callbacks = "[spacenit.callbacks]\nbell = acme_train:Bell\nbroken = acme_train_absent:Nothing\n"
    (folder / "entry_points.txt").write_text(f"{callbacks}[spacenit.hooks]\nacme = acme_train\n")
    (tmp_path / "acme_train.py").write_text(ACME)
    monkeypatch.syspath_prepend(tmp_path)
    discovery.refresh()
    hooks.cache_clear()
    yield
    monkeypatch.undo()
    sys.modules.pop("acme_train", None)
    discovery.refresh()
    hooks.cache_clear()


def test_the_run_has_its_name_and_folder():
    from spacenit_train.launchers.local import login_name

    trainer = config("nano", "my_run", "local")["trainer"]

    assert Path(trainer["save_folder"]) == Path("local_output/checkpoints") / login_name() / "my_run"
    assert config("nano", "r", "local", "--common.save_folder=out/x")["trainer"]["save_folder"] == "out/x"


def test_options_stand_in_any_place():
    first = config("--seed=3", "--plugin", "masking=random", "nano", "--precision=float32", "r", "local")
    second = config("nano", "r", "local", "--precision=float32", "--seed=3", "--plugin=masking=random")

    assert first == second
    assert (first["seed"], first["precision"], first["train_module"]["masking"]["type"]) == (3, "float32", "random")


def test_files_are_laid_below_the_command_line(tmp_path):
    (tmp_path / "a.yaml").write_text("seed: 1\ntrain_module: {optim_config: {lr: 1e-2}}\nsensors: [LANDSAT]\n")
    (tmp_path / "b.yaml").write_text("seed: 2\n")

    resolved = config(
        "nano", "r", "local", "--set-from", str(tmp_path / "a.yaml"), "--set-from", str(tmp_path / "b.yaml"), "--seed=3"
    )

    assert (resolved["seed"], resolved["sensors"], resolved["train_module"]["optim"]["lr"]) == (3, ["landsat"], 0.01)


def test_the_configuration_of_another_run_is_taken_over_without_its_folder(tmp_path):
    other = invoke("nano", "other", "local", "--seed=5", "--yaml").stdout
    (tmp_path / "config.yaml").write_text(other)

    result = invoke("nano", "mine", "local", "--set-from", str(tmp_path / "config.yaml"))

    assert result.exit_code == 0
    assert "is the folder of the run other, so it is not taken over" in result.stdout
    settings = config("nano", "mine", "local", "--set-from", str(tmp_path / "config.yaml"))
    assert settings["run_name"] == "mine"
    assert settings["trainer"]["save_folder"].endswith("mine")
    assert settings["seed"] == 5


def test_lists_of_sensors_are_cut_to_those_in_use():
    dropping = "--model.encoder.band_dropout_modalities=[SENTINEL1,landsat]"

    resolved = config("nano", "r", "local", "--sensors=[sentinel1]", dropping)

    assert resolved["model"]["encoder"]["band_dropout_modalities"] == ["sentinel1"]
    message = refused("nano", "r", "local", "--model.encoder.band_dropout_modalities=[sentinel1,landst]")
    assert "did you mean landsat?" in message


def test_augmentations_name_sensors_that_are_in_use_or_at_least_installed():
    options = ("--plugin", "transforms=sensor_dropout", "--sensors=[sentinel1,worldcover]")
    setting = "--data_loader.transforms.sensor_dropout.droppable_sensors"
    resolved = config("nano", "r", "local", *options, f"{setting}=[SENTINEL1,landsat]")
    dropout = resolved["data_loader"]["transforms"]["sensor_dropout"]
    assert dropout["droppable_sensors"] == ["sentinel1"]
    message = refused("nano", "r", "local", *options, f"{setting}=[sentinel1,landst]")
    assert "did you mean landsat?" in message


def test_what_a_loss_says_of_sensors_is_cut_to_those_in_use():
    loss = "--train_module.loss=modality_patch_discrimination_masked_negatives_vec"
    words = ("--sensors=[sentinel1,worldcover]", loss)
    resolved = config(
        "nano",
        "r",
        "local",
        *words,
        "--train_module.loss.mask_negatives_for_modalities=[WORLDCOVER,cdl]",
        '--train_module.loss.modality_weights={"landsat": 2, "Sentinel1": 0.5}',
    )
    settings = resolved["train_module"]["loss"]
    assert settings["mask_negatives_for_modalities"] == ["worldcover"]
    assert settings["modality_weights"] == {"sentinel1": 0.5}
    masked = "--train_module.loss.mask_negatives_for_modalities=[worldcovr]"
    assert "did you mean worldcover?" in refused("nano", "r", "local", *words, masked)


@pytest.mark.parametrize(
    "override",
    [
        "--band_groups.sentinel2_l2a=[[B08,B02],[B04]]",
        "--common.tokenization_config.overrides.SENTINEL2_L2A.band_groups=[[B08,B02],[B04]]",
        '--common.tokenization_config={"overrides": {"sentinel2_l2a": {"band_groups": [["B08","B02"],["B04"]]}}}',
    ],
)
def test_band_groups_reach_the_sensors(override):
    resolved = config("nano", "r", "local", override, '--band_groups.naip_10=[["R"]]')
    experiment = structure(resolved, TileExperiment)

    assert resolved["band_groups"] == {"sentinel2_l2a": [["B08", "B02"], ["B04"]]}
    assert experiment.sensor_set["sentinel2_l2a"].token_groups == (("B08", "B02"), ("B04",))


def test_what_follows_from_other_values_is_derived():
    settings = config("nano", "r", "local", "--sensors=[SENTINEL2_L2A,SRTM]", "--data_loader.token_budget=100")

    assert settings["sensors"] == ["sentinel2_l2a", "srtm"]
    assert settings["train_module"]["masking"]["only_decode_modalities"] == ["srtm"]
    # Three band groups of Sentinel-2 and one of SRTM: 5 x 5 patches are 100 tokens.
    assert settings["data_loader"]["sampled_hw_p_list"] == [1, 2, 3, 4, 5]
    assert config("nano", "r", "local", "--model.decoder_config.encoder_embedding_size=128")


def test_a_run_may_start_from_an_experiment_without_a_recipe():
    experiment = resolve_run("nano", "r").experiment

    run = resolve_run(evolve(experiment, seed=7), "r", plugins=["masking=random"])

    assert (run.experiment.seed, type(run.experiment.train_module.masking).__name__) == (7, "RandomMasking")
    assert "experiment" in {source for _, _, source in run.resolved.rows()}


def test_a_duration_keeps_its_unit():
    run = resolve_run("nano", "r", overrides=["--trainer.max_duration.value=7"])
    steps = resolve_run("nano", "r", overrides=["--trainer.max_duration.steps=7"])

    assert (run.experiment.trainer.max_duration.value, run.experiment.trainer.max_duration.unit) == (7, "epochs")
    assert (steps.experiment.trainer.max_duration.value, steps.experiment.trainer.max_duration.unit) == (7, "steps")


def test_nccl_is_asked_to_tell_what_it_does(monkeypatch):
    monkeypatch.setenv("NCCL_DEBUG", "")

    assert config("nano", "r", "local", "--common.nccl_debug=True") == config("nano", "r", "local")
    assert os.environ["NCCL_DEBUG"] == "INFO"


def test_a_callback_that_attaches_itself_joins_every_run(acme):
    callbacks = config("nano", "r", "local")["trainer"]["callbacks"]

    assert callbacks["bell"] == {"type": "bell", "enabled": True, "tone": "a", "volume": 3}
    assert "broken" not in callbacks
    off = config("nano", "r", "local", "--trainer.callbacks.bell.enabled=False")["trainer"]["callbacks"]
    assert off["bell"]["enabled"] is False


def test_plugins_check_experiments(acme):
    assert "the answer is not 43" in refused("nano", "r", "local", "--seed=43")
    assert config("nano", "r", "local", "--seed=42")


def test_plugins_know_which_of_their_settings_are_read(acme):
    bell = "--trainer.callbacks.bell"

    assert config("nano", "r", "local", f"{bell}.tone=b", f"{bell}.volume=1")
    for words, reason in (
        ((f"{bell}.tone=none", f"{bell}.volume=1"), "tone=none"),
        ((f"{bell}.tone=b", f"{bell}.enabled=no"), "enabled=false"),
    ):
        assert f"nothing reads this with {reason}" in refused("nano", "r", "local", *words)


def test_derived_values_are_stable():
    experiment = resolve_run("base", "r").experiment

    assert experiment.derived() == experiment
    assert (
        evolve(experiment, run_name="", trainer=evolve(experiment.trainer, save_folder=None))
        .derived()
        .trainer.save_folder
        is None
    )

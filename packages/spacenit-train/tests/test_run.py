"""From words on a command line to a checked experiment."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner, Result

from spacenit_core.config import load_yaml, structure
from spacenit_core.config.parsing import spelled
from spacenit_core.errors import UserError
from spacenit_core.plugins import discovery
from spacenit_train.cli.dry_run import dry_run
from spacenit_train.cli.recipes import recipes
from spacenit_train.experiment import Experiment
from spacenit_train.run import resolve_run

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

@hookimpl
def spacenit_check_experiment(experiment):
    return ["the answer is not 43"] if experiment.seed == 43 else []
"""


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)


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


def invoke(*words: str) -> Result:
    return CliRunner().invoke(dry_run, list(words))


def config(*words: str) -> dict[str, Any]:
    result = invoke(*words, "--json")
    assert result.exit_code == 0, result.exception or result.output
    answer: dict[str, Any] = json.loads(result.stdout)["config"]
    return answer


def refused(*words: str) -> str:
    result = invoke(*words)
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


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
    experiment = structure(resolved, Experiment)

    assert resolved["band_groups"] == {"sentinel2_l2a": [["B08", "B02"], ["B04"]]}
    assert experiment.sensor_set["sentinel2_l2a"].token_groups == (("B08", "B02"), ("B04",))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "RECIPE, RUN_NAME, CLUSTER are missing"),
        (("nano", "r"), "CLUSTER is missing"),
        (("nano", "r", "local", "extra"), "extra: one word too many"),
        (("nan", "r", "local"), "did you mean nano?"),
        (("nano", "local", "r"), "did you mean `r local`?"),
        (("nano", "r", "lokal"), "did you mean local?"),
        (("nano", "../r", "local"), "cannot be a run's name"),
        (("nano", "a/b", "local"), "cannot be a run's name"),
        (("nano", "..", "local"), "cannot be a run's name"),
        (("nano", "", "local"), "cannot be a run's name"),
        (("nano", "r", "local", "--run_name=../x"), "cannot be a run's name"),
        (("nano+no_such_patch", "r", "local"), "no_such_patch"),
        (("nano", "r", "local", "--patch", "no_such_patch"), "no_such_patch"),
        (("nano", "r", "local", "--data_loader.seed", "5"), "write --data_loader.seed=5"),
        (("nano", "r", "local", "--data_loader.seed"), "write --data_loader.seed=VALUE"),
        (("nano", "r", "local", "--plugn=masking=random"), "did you mean --plugin?"),
        (("nano", "r", "local", "--plugn", "masking=random"), "did you mean --plugin?"),
        (("nano", "r", "local", "--snsors=[landsat]"), "did you mean --sensors?"),
        (("nano", "r", "local", "--trainr.device=cpu"), "did you mean --trainer.device?"),
        (("nano", "r", "local", "--qqq=1"), "settings begin with run_name"),
        (("nano", "r", "local", "-x"), "-x: is no option"),
        (("nano", "r", "local", "--set-from", "absent.yaml"), "absent.yaml: No such file"),
        (("nano", "r", "local", "--common.seed=1"), "unknown key 'seed' in common; it takes run_name"),
        (("nano", "r", "local", "--common.tokenization_config=x"), "no component reads this"),
        (("nano", "r", "local", "--common.tokenization_config.overrides.landsat.bands=[[B8]]"), "no component reads"),
        (("nano", "r", "local", "--band_groups.landsat=[[B8,B99]]"), "no band 'B99'; did you mean B9?"),
        (("nano", "r", "local", "--band_groups.landst=[[B8]]"), "did you mean landsat?"),
        (("nano", "r", "local", "--common.nccl_debug=maybe"), "expected true or false"),
        (("nano", "r", "local", "--train_module.transform_config.transform_type=x"), "unknown key 'transform_config'"),
        (("nano", "r", "local", "--model.decoder_config.encoder_embedding_size=64"), "model.encoder.embedding_size"),
        (
            ("nano", "r", "local", "--trainer.max_duration.epochs=1", "--trainer.max_duration.steps=1"),
            "two different values",
        ),
        (("nano", "r", "local", "--trainer.max_duration.unit=weeks"), "steps or epochs or tokens"),
    ],
)
def test_a_wrong_command_line_is_answered_with_the_right_one(words, message):
    assert message in refused(*words)


def test_everything_wrong_is_told_at_once():
    message = refused(
        "nano", "r", "local", "--seed=x", "--plugin", "masking=randm", "--data_loader.sed=1", "--model.q=1"
    )

    assert message.startswith("4 problems")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--sensors=[]",), "no sensor is chosen"),
        (("--sensors=[landsat,landsat]",), "listed more than once"),
        (("--sensors=[landsatt]",), "did you mean landsat"),
        (("--sensors=[landsat,era5l_day_10]",), "spacenit-run data stats DIR --sensor era5l_day_10"),
        (("--train_module.masking.only_decode_modalities=[worldcovr]",), "did you mean worldcover?"),
        (("--sensors=[srtm]",), "every sensor is decoded only"),
        (("--data_loader.token_budget=5",), "token_budget=5 is too small"),
        (("--data_loader.max_patch_size=9",), "larger than the encoder's largest, 8"),
        (("--model.encoder.min_patch_size=2",), "smaller than the encoder's smallest, 2"),
        (("--data_loader.max_patch_size=2", "--data_loader.min_patch_size=3"), "must be at least min_patch_size=3"),
        (("--model.encoder.max_sequence_length=6",), "up to 12 time steps, the encoder takes 6"),
        (("--model.encoder.num_heads=3",), "must divide embedding_size"),
        (("--model.encoder.embedding_size=24",), "multiple of 16"),
        (
            ("--train_module.loss=info_nce",),
            "train_module.loss: takes a loss of tokens, not info_nce (a loss of pooled): ",
        ),
        (("--train_module.contrastive=modality_patch_discrimination",), "(a loss of tokens): info_nce"),
        (('--train_module.loss.modality_weights={"landst": 1}',), "did you mean landsat?"),
        (("--sensors=[srtm,landsat]", '--train_module.loss.modality_weights={"srtm": 1}'), "no weight for landsat"),
        (("--data_loader.global_batch_size=100",), "cannot be cut into equal micro-batches"),
        (("--nproc_per_node=3",), "for 3 processes"),
        (("--nproc_per_node=4", "--nnodes=5"), "for 20 processes"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_any_work(words, message):
    assert message in refused("nano", "r", "local", *words)


def test_a_dry_run_says_which_attention_cannot_run_and_what_runs_instead():
    found = json.loads(invoke("spacenit_nano", "r", "local", "--plugin", "attention=auto", "--json").stdout)
    assert "packed on a CPU" in found["remarks"]["model.encoder.attention"]
    found = json.loads(invoke("nano", "r", "local", "--plugin", "attention=packed", "--json").stdout)
    assert found["remarks"] == {}
    if find_spec("xformers"):
        pytest.skip("xformers is installed")
    text = invoke("nano", "r", "local", "--plugin", "attention=xformers").stdout
    assert "xformers is not installed (pip install 'spacenit-core[xformers]'): packed will run instead" in text


def test_the_global_batch_is_divided_among_a_running_torchrun(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")

    assert "for 3 processes" in refused("nano", "r", "local")


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

    assert callbacks["bell"] == {"type": "bell", "enabled": True, "tone": "a"}
    assert "broken" not in callbacks
    off = config("nano", "r", "local", "--trainer.callbacks.bell.enabled=False")["trainer"]["callbacks"]
    assert off["bell"]["enabled"] is False


def test_plugins_check_experiments(acme):
    assert "the answer is not 43" in refused("nano", "r", "local", "--seed=43")
    assert config("nano", "r", "local", "--seed=42")


def test_dry_run_shows_every_value_with_its_source_and_every_path():
    result = invoke("nano", "r", "local", "--train_module.optim_config.lr=0.5", "--dataset.cache_dir=/no/such/folder")

    assert "0.5" in next(line for line in result.stdout.splitlines() if line.startswith("train_module.optim.lr "))
    assert "--train_module.optim_config.lr=0.5" in result.stdout
    assert "dataset.h5py_dir         unset" in result.stdout
    assert "/no/such/folder (absent)" in result.stdout
    answer = json.loads(invoke("nano", "r", "local", "--json").stdout)
    assert answer["sources"]["model.encoder.depth"] == "recipe nano"
    assert answer["sources"]["data_loader.seed"] == "default"
    assert answer["sources"]["trainer.save_folder"] == "derived"
    assert answer["paths"]["dataset.h5py_dir"] == {"value": None, "state": "unset"}


def test_dry_run_names_what_a_new_type_makes_meaningless():
    result = invoke("nano", "r", "local", "--plugin", "masking=random")

    assert "only_decode_modalities=['worldcover'" in result.stdout
    assert "train_module.masking is now random" in result.stdout


def test_the_yaml_of_dry_run_gives_the_same_run(tmp_path):
    overrides = ["--seed=9", "--trainer.max_duration.steps=4", "--train_module.contrastive=none"]
    (tmp_path / "a.yaml").write_text(invoke("nano", "r", "local", *overrides, "--yaml").stdout)

    run = resolve_run("nano", "r", files=[tmp_path / "a.yaml"])

    assert run.experiment == resolve_run("nano", "r", overrides=overrides).experiment
    assert structure(load_yaml(tmp_path / "a.yaml"), Experiment) == run.experiment


def test_every_shown_row_may_be_restated():
    run = resolve_run("base", "r")

    again = resolve_run("base", "r", overrides=[f"--{path}={spelled(value)}" for path, value, _ in run.resolved.rows()])

    assert again.experiment == run.experiment


def test_derived_values_are_stable():
    experiment = resolve_run("base", "r").experiment

    assert experiment.derived() == experiment
    assert (
        evolve(experiment, run_name="", trainer=evolve(experiment.trainer, save_folder=None))
        .derived()
        .trainer.save_folder
        is None
    )


def test_recipes_are_listed_shown_and_compared():
    runner = CliRunner()

    assert "nano" in runner.invoke(recipes, ["list"]).stdout
    assert {"kind": "recipe", "name": "base"}.items() <= json.loads(runner.invoke(recipes, ["list", "--json"]).stdout)[
        0
    ].items()
    shown = runner.invoke(recipes, ["show", "nano"]).stdout
    assert "embedding_size: 128" in shown
    compared = runner.invoke(recipes, ["diff", "base", "large"]).stdout
    assert "model.encoder.depth" in compared
    assert "are the same" in runner.invoke(recipes, ["diff", "base", "base"]).stdout


def test_help_shows_arguments_and_examples():
    text = invoke("--help").stdout

    assert "RECIPE RUN_NAME CLUSTER [--SETTING=VALUE]..." in text
    assert "spacenit-run dry_run base my_run local" in text


def test_neither_dry_run_nor_a_mistake_imports_torch():
    code = (
        "import sys\nfrom spacenit_core.cli.main import run\n"
        "codes = [run(['dry_run', 'base', 'r', 'local']), run(['train', 'base', 'r', 'local', '--seed=x']),"
        " run(['recipes', 'diff', 'base', 'nano'])]\n"
        "sys.exit(str(codes) if codes != [0, 2, 0] or 'torch' in sys.modules else 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr

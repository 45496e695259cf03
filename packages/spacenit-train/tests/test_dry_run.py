"""What `dry_run` and `recipes` show."""

import json
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest
from click.testing import CliRunner

from spacenit_core.config import load_yaml, structure
from spacenit_train.cli.recipes import recipes
from spacenit_train.run import resolve_run
from spacenit_train.tile_experiment import TileExperiment

from .dry_runs import invoke

pytestmark = pytest.mark.usefixtures("one_process")


def test_a_dry_run_says_which_attention_cannot_run_and_what_runs_instead():
    found = json.loads(invoke("spacenit_nano", "r", "local", "--plugin", "attention=auto", "--json").stdout)
    assert "packed on a CPU" in found["remarks"]["model.encoder.attention"]
    found = json.loads(invoke("nano", "r", "local", "--plugin", "attention=packed", "--json").stdout)
    assert found["remarks"] == {}
    if find_spec("xformers"):
        pytest.skip("xformers is installed")
    text = invoke("nano", "r", "local", "--plugin", "attention=xformers").stdout
    assert re.search(
        r"xformers is not installed \(.*pip install .*'spacenit-core\[xformers\]'\): packed will run", text
    )


def test_dry_run_shows_every_value_with_its_source_and_every_path():
    result = invoke("nano", "r", "local", "--train_module.optim_config.lr=0.5", "--dataset.cache_dir=/no/such/folder")

    assert "0.5" in next(line for line in result.stdout.splitlines() if line.startswith("train_module.optim.lr "))
    assert "--train_module.optim_config.lr=0.5" in re.sub(r"\s", "", result.stdout)
    assert re.search(r"^dataset.h5py_dir +unset", result.stdout, re.MULTILINE)
    assert "/no/such/folder (absent)" in result.stdout
    answer = json.loads(invoke("nano", "r", "local", "--json").stdout)
    assert answer["sources"]["model.encoder.depth"] == "recipe nano"
    assert answer["sources"]["data_loader.seed"] == "default"
    assert answer["sources"]["trainer.save_folder"] == "derived"
    assert answer["paths"]["dataset.h5py_dir"] == {"value": None, "state": "unset"}


def test_dry_run_names_what_a_new_type_makes_meaningless():
    result = invoke("nano", "r", "local", "--plugin", "masking=random")

    assert "allow_encoding_decoding_same_bandset=True (recipe nano)" in result.stdout
    assert "train_module.masking is now random, which has no such setting" in result.stdout


def test_the_yaml_of_dry_run_gives_the_same_run(tmp_path):
    overrides = ["--seed=9", "--trainer.max_duration.steps=4", "--train_module.contrastive=none"]
    (tmp_path / "a.yaml").write_text(invoke("nano", "r", "local", *overrides, "--yaml").stdout)

    run = resolve_run("nano", "r", files=[tmp_path / "a.yaml"])

    assert run.experiment == resolve_run("nano", "r", overrides=overrides).experiment
    assert structure(load_yaml(tmp_path / "a.yaml"), TileExperiment) == run.experiment


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

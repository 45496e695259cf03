"""A run that is evaluated by its recipe and name, as trainers have it."""

import json
from pathlib import Path

import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_train.trainer.metrics import read_metrics

from .runs import CLASSES

NAME = "--trainer.callbacks.downstream_evaluator"


@pytest.fixture(scope="module")
def words(data, images, tmp_path_factory) -> list[str]:
    """RECIPE RUN_NAME CLUSTER and the settings of a small run that was trained."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    settings = {
        "dataset.h5py_dir": data,
        "sensors": "[sentinel2_l2a,sentinel1]",
        "train_module.masking.only_decode_modalities": "[]",
        "model.encoder.embedding_size": 16,
        "model.encoder.depth": 1,
        "model.encoder.num_heads": 2,
        "model.decoder.embedding_size": 16,
        "model.decoder.depth": 1,
        "model.decoder.num_heads": 2,
        "data_loader.global_batch_size": 4,
        "data_loader.num_workers": 0,
        "data_loader.max_patch_size": 4,
        "data_loader.sampled_hw_p_list": "[2]",
        "data_loader.token_budget": 300,
        "train_module.rank_microbatch_size": 4,
        "trainer.max_duration.steps": 2,
        "trainer.save_folder": folder,
        "trainer.callbacks.downstream_evaluator.tasks.mine.benchmark.type": "folder",
        "trainer.callbacks.downstream_evaluator.tasks.mine.benchmark.folder": images,
        "trainer.callbacks.downstream_evaluator.tasks.mine.eval_interval.value": 2,
        "trainer.callbacks.downstream_evaluator.tasks_to_run": "[mine]",
    }
    found = ["nano", "small", "local", *(f"--{name}={value}" for name, value in settings.items())]
    assert spacenit_run(["train", *found]) == 0
    return found


def folder_of(words: list[str]) -> Path:
    return Path(next(word.partition("=")[2] for word in words if word.startswith("--trainer.save_folder=")))


@pytest.mark.parametrize("command", ["evaluate", "launch_evaluate"])
def test_the_scores_are_those_that_the_run_logged(command, words, capsys):
    assert spacenit_run([command, *words]) == 0
    told = dict(line.split() for line in capsys.readouterr().out.splitlines())
    logged = read_metrics(folder_of(words) / "metrics.jsonl")[-1]
    assert "eval/mine" in told and float(told["eval/mine"]) == pytest.approx(logged["eval/mine"], abs=1e-4)
    kept = json.loads((folder_of(words) / "evaluation" / "step2" / "mine_validation" / "results.json").read_text())
    assert len(kept["facts"]["classes"]) == len(CLASSES)


def test_a_preview_says_what_would_be_evaluated(words, capsys):
    assert spacenit_run(["dry_run_evaluate", *words]) == 0
    said = capsys.readouterr().out
    assert f"checkpoint: {folder_of(words) / 'step2'}" in said and "mine: knn_20, patches of 4" in said
    assert spacenit_run(["dry_run_evaluate", "base", "never", "local", f"{NAME}.tasks_to_run=[mados]"]) == 0
    said = capsys.readouterr().out
    assert "never (none yet)" in said and "mados: linear_probe" in said and "data set MADOS_DIR" in said


def test_the_two_forms_of_evaluate_are_told_apart(words, capsys):
    assert spacenit_run(["evaluate", *words, "--benchmark", "m_eurosat"]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert "--benchmark: `evaluate RECIPE RUN_NAME CLUSTER` evaluates the tasks" in said and "as MODEL" in said
    assert spacenit_run(["evaluate", "nano", "small", "ai2/saturn"]) == 2
    assert "unknown launcher 'ai2/saturn'" in capsys.readouterr().err
    assert spacenit_run(["evaluate", "nano", "--benchmark", "m_eurosat"]) == 2
    assert "nano" in capsys.readouterr().err


def test_mistakes_are_named(words, tmp_path, capsys):
    other = [word.replace("--model.decoder.depth=1", "--model.decoder.depth=2") for word in words]
    assert spacenit_run(["evaluate", *other]) == 2
    assert "model.decoder.depth: 1, not 2" in capsys.readouterr().err
    plain = [word for word in words if NAME not in word]
    assert spacenit_run(["evaluate", *plain, f"{NAME}.enabled=False"]) == 2
    assert "switched off" in capsys.readouterr().err
    assert spacenit_run(["evaluate", *words[:3], f"--trainer.save_folder={tmp_path / 'none'}"]) == 2
    assert "there is no folder" in capsys.readouterr().err

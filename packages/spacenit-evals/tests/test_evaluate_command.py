"""How the command line of `evaluate` becomes settings."""

import json
from pathlib import Path

import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.errors import UserError
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.cli.settings import EvaluationSettings, settings_of
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.logistic_blocks import LogisticBlocks


def settings(**changes: object) -> EvaluationSettings:
    given: dict[str, object] = {
        "benchmark": None,
        "protocols": (),
        "embedders": (),
        "of_labels": {},
        "plugins": (),
        "overrides": (),
    }
    return settings_of(**(given | changes))  # type: ignore[arg-type]


def test_every_setting_is_reached_by_its_path() -> None:
    assert settings() == EvaluationSettings()
    found = settings(overrides=["--protocol.knn.k=5", "--benchmark.draws=3", "--embedder.random_init.seed=2"])
    assert found.protocol == {"knn": KNN(k=5), "logistic_blocks": LogisticBlocks()}
    assert found.benchmark == LabelledRasters(draws=3)
    assert found.embedder["random_init"] == type(found.embedder["random_init"])(seed=2)
    alone = settings(protocols=["KNN"], overrides=["--protocol.knn.temperature=0.1"], embedders=["raw-pixels"])
    assert alone.protocol == {"knn": KNN(temperature=0.1)} and list(alone.embedder) == ["raw_pixels"]
    beside = settings(plugins=["protocol.wide=knn"], overrides=["--protocol.wide.k=100"])
    assert beside.protocol["wide"] == KNN(k=100) and beside.protocol["knn"] == KNN()


def test_options_are_settings_too() -> None:
    stated = {
        "labels": ("--labels", ("a:1.tif", "b, c.tif")),
        "window": ("--window", 4),
        "train_share": ("--train-share", 0.3),
    }
    assert settings(of_labels=stated).benchmark == LabelledRasters(
        labels=("a:1.tif", "b, c.tif"), window=4, train_share=0.3
    )
    with pytest.raises(UserError, match=r"--window and --benchmark.window=8 set the same"):
        settings(of_labels=stated, overrides=["--benchmark.window=8"])


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"overrides": ["--protocol.knn.kk=5"]}, "kk"),
        ({"overrides": ["--protocol.knn.k=0"]}, "at least 1"),
        ({"overrides": ["--protocol.knn.k=five"]}, "a whole number"),
        ({"protocols": ["knn"], "overrides": ["--protocol.linear_prob.folds=3"]}, "linear_prob"),
        ({"protocols": ["knm"]}, "did you mean knn"),
        ({"embedders": ["raw_pixel"]}, "did you mean raw_pixels"),
        ({"benchmark": "labeled_rasters"}, "did you mean labelled_rasters"),
        ({"benchmark": "other", "of_labels": {"window": ("--window", 4)}}, "--window: for labelled rasters"),
        ({"plugins": ["masking=random"]}, "no slot of kind masking"),
        ({"protocols": ["logistic_blocks"], "overrides": ["--protocol.knn.k=5"]}, "--protocol chooses logistic_blocks"),
        ({"embedders": ["raw_pixels"], "overrides": ["--embedder.random_init.seed=5"]}, "add --embedder random_init"),
        (
            {"overrides": ["--protocol.knn=logistic_blocks"]},
            "protocol.knn is logistic_blocks, and knn is another protocol",
        ),
        ({"overrides": ["--benchmark.train_share=0.3", "--benchmark.folds=3"]}, "folds=3"),
        ({"benchmark": "labelled_raster"}, "error: unknown benchmark 'labelled_raster'"),
    ],
)
def test_mistakes_are_named(changes: dict[str, object], text: str) -> None:
    with pytest.raises(UserError) as error:
        settings(**changes)
    assert text in f"error: {error.value}"


def test_settings_reach_the_scores_and_old_names_are_understood(
    run_folder: Path, labels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(run_folder), "--labels", str(labels), "--window", "4", "--block", "160"]
    command += ["--sensor", "sentinel1", "--draws", "1", "--out", str(tmp_path)]

    def scores(*words: str) -> object:
        assert spacenit_run([*command, *words]) == 0
        return json.loads((tmp_path / "results.json").read_text())["scores"]

    usual = scores("--protocol", "knn", "--embedder", "raw_pixels")
    assert "note" not in capfd.readouterr().err
    assert scores("--probe", "knn", "--baseline", "raw_pixels") == usual
    said = capfd.readouterr().err
    assert "--probe is called --protocol now" in said and "--baseline is called --embedder now" in said
    assert scores("--protocol", "knn", "--embedder", "raw_pixels", "--protocol.knn.k=1") != usual


def test_an_embedder_is_evaluated_by_name(
    h5py_dir: Path, labels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["--labels", str(labels), "--h5py_dir", str(h5py_dir), "--window", "4", "--block", "160", "--draws", "1"]
    assert spacenit_run(["evaluate", "image-statistics", *command, "--protocol", "knn"]) == 0
    content = json.loads((tmp_path / "evaluation/image_statistics/results.json").read_text())
    assert [score["features"] for score in content["scores"]] == ["image_statistics", "raw_pixels"]
    assert (content["run"], content["step"]) == ("image_statistics", None)
    shown = " ".join(capfd.readouterr().out.split())
    assert "knn: image_statistics is " in shown and "pretrained" not in shown
    assert spacenit_run(["evaluate", "raw_pixels", *command, "--embedder", "random_init"]) == 2
    assert "random_init needs a model that is evaluated" in capfd.readouterr().err
    assert spacenit_run(["evaluate", "encoder", *command]) == 2
    assert "encoder needs a model that is evaluated" in capfd.readouterr().err


def test_a_misspelled_embedder_is_not_taken_for_a_folder(capfd: pytest.CaptureFixture[str]) -> None:
    assert spacenit_run(["evaluate", "raw_pixel", "--labels", "x.tif"]) == 2
    assert "there is no model raw_pixel; did you mean raw_pixels?" in capfd.readouterr().err

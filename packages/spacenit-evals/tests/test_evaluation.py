"""A checkpoint on disk, evaluated at labelled pixels: the library and the command."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import evolve
from safetensors import numpy as safetensors_numpy

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.labelled_rasters.benchmark import LabelledCells
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.checkpoint import TrainedRun, load_run
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.evaluation import evaluate
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.logistic_blocks import LogisticBlocks
from spacenit_evals.results.paired import paired_gain
from spacenit_evals.results.predictions import read_predictions, write_predictions
from spacenit_evals.results.report import csv_text, markdown, verdict, write_report

from .conftest import MODEL, SENSORS

PROTOCOLS = {"knn": KNN(), "logistic_blocks": LogisticBlocks()}
KNN_ALONE = {"knn": KNN()}
BESIDE = {"random_init": RandomInit(), "raw_pixels": RawPixels()}


def benchmark(labels: Path, **changes: object) -> LabelledRasters:
    settings: dict[str, object] = {"labels": (str(labels),), "window": 4, "block": 160.0, "draws": 2}
    return LabelledRasters(**(settings | changes))  # type: ignore[arg-type]


def opened(trained: TrainedRun, labels: Path, **changes: object) -> LabelledCells:
    config = benchmark(labels, **changes).for_run(trained.experiment)
    return config.build(ModelEncoder().takes(trained, config.window))


def test_a_run_is_loaded_from_its_newest_checkpoint(run_folder: Path) -> None:
    run = load_run(run_folder)
    torch.manual_seed(7)
    expected = MODEL.build(SensorSet.of(SENSORS)).state_dict()
    assert run.step == 7 and run.name == "small" and run.config == MODEL
    assert all(torch.equal(value, expected[name]) for name, value in run.model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in run.model.parameters())
    assert not run.model.training
    assert run.encoded_sensors.names == ("sentinel2_l2a", "sentinel1")
    assert load_run(run_folder / "step3").step == 3
    with pytest.raises(UserError, match="'gqu' cannot be used"):
        load_run(run_folder, "gqu")


def test_loading_a_run_draws_nothing_from_the_random_state(run_folder: Path) -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    load_run(run_folder)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_is_no_run_is_explained(tmp_path: Path, run_folder: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        load_run(tmp_path / "absent")
    with pytest.raises(UserError, match="has no usable checkpoint"):
        load_run(tmp_path)
    copy = tmp_path / "step7"
    copy.mkdir()
    for file in (run_folder / "step7").iterdir():
        content = bytearray(file.read_bytes())
        if file.name == "model.safetensors":
            content[-1] ^= 1
        (copy / file.name).write_bytes(content)
    with pytest.raises(DataError, match=r"model\.safetensors"):
        load_run(copy)


def test_an_evaluation_scores_all_features_with_all_probes(trained: TrainedRun, labels: Path) -> None:
    points = opened(trained, labels).points
    report = evaluate(trained, benchmark(labels), PROTOCOLS, beside=BESIDE)
    assert [(score.probe, score.features) for score in report.scores] == [
        (probe, features)
        for probe in ("knn", "logistic_blocks")
        for features in ("pretrained", "random_init", "raw_pixels")
    ]
    raw = report.score("logistic_blocks", "raw_pixels")
    # The classes peak in different months, which monthly means show.
    assert raw.metrics["accuracy"].value > 0.9
    assert raw.gain is not None and raw.gain.low <= raw.gain.value <= raw.gain.high
    best, other = (
        report.score("logistic_blocks", name).metrics["balanced accuracy"] for name in ("pretrained", "raw_pixels")
    )
    assert raw.gain.value == pytest.approx(best.value - other.value)
    assert set(raw.recall) == {1, 2, 3}
    assert report.facts["points"] == len(points)
    assert report.facts["train_points"] < report.facts["test_points"] <= len(points)  # type: ignore[operator]
    # Each draw of the training blocks has a score of its own; the value is not the mean of theirs, for a block counts
    # once, however many draws test it.
    assert len(raw.draws) == len(raw.gain_draws) == report.facts["draws"] == 2
    assert min(raw.draws) - 0.05 < raw.metrics["balanced accuracy"].value < max(raw.draws) + 0.05
    assert all(text.startswith("C = ") for text in raw.remarks) and raw.remarks
    again = evaluate(trained, benchmark(labels), PROTOCOLS, beside=BESIDE)
    assert again == report


def test_folds_test_every_block_once(trained: TrainedRun, labels: Path) -> None:
    cells = opened(trained, labels, folds=4, window=1, draws=1)
    points, task = cells.points, cells.division
    assert len(task.splits) == 4 and task.tested.all()
    assert (np.sum([split.test for split in task.splits], axis=0) == 1).all()
    for split in task.splits:
        assert not set(task.blocks[split.train]) & set(task.blocks[split.test])
        assert set(points.label[split.train]) == {0, 1, 2}
    report = evaluate(trained, benchmark(labels, folds=4), KNN_ALONE, beside=BESIDE)
    assert report.facts["folds"] == 4 and "tested in turn" in markdown(report)
    assert report.score("knn", "raw_pixels").metrics["accuracy"].value > 0.8


def test_predictions_are_kept_for_paired_comparisons(trained: TrainedRun, labels: Path, tmp_path: Path) -> None:
    report = evaluate(trained, benchmark(labels), KNN_ALONE, beside=BESIDE)
    write_report(report, tmp_path)
    kept = read_predictions(tmp_path)["knn"]
    assert kept.predicted.keys() == {"pretrained", "random_init", "raw_pixels"}
    as_another_run = evolve(kept, predicted={"pretrained": kept.predicted["raw_pixels"]})
    gain = paired_gain(kept, as_another_run, "pretrained")
    assert gain == report.score("knn", "raw_pixels").gain
    assert paired_gain(kept, evolve(kept, block=kept.block + (kept.block > 3)), "pretrained") is None
    assert read_predictions(tmp_path / "absent") == {}
    # Before the AdamW probe took the name, `linear_probe` was the logistic regression.
    write_predictions({"linear_probe": kept}, tmp_path)
    tensors = safetensors_numpy.load((tmp_path / "predictions.safetensors").read_bytes())
    assert list(read_predictions(tmp_path)) == ["linear_probe"]
    safetensors_numpy.save_file(tensors, tmp_path / "predictions.safetensors")
    assert paired_gain(kept, read_predictions(tmp_path)["logistic_blocks"], "pretrained") is not None
    (tmp_path / "predictions.safetensors").write_bytes(b"damaged")
    with pytest.raises(DataError, match="damaged"):
        read_predictions(tmp_path)


def test_the_random_baseline_is_another_draw_of_the_same_encoder(trained: TrainedRun) -> None:
    inputs = ModelEncoder().takes(trained, 4)
    first, again, other = (RandomInit(seed=seed).build(trained, inputs).encoder.state_dict() for seed in (0, 0, 1))
    assert first.keys() == trained.encoder.state_dict().keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_impossible_windows_and_blocks_are_explained(trained: TrainedRun, labels: Path) -> None:
    with pytest.raises(UserError, match="use smaller blocks"):
        evaluate(trained, benchmark(labels, block=1e6), KNN())
    with pytest.raises(UserError, match="smaller window"):
        evaluate(trained, benchmark(labels, window=64), KNN())
    with pytest.raises(UserError, match=r"windows of 20 cells \(200 m\) are wider than blocks of 160 m"):
        evaluate(trained, benchmark(labels, window=20), KNN())
    with pytest.raises(UserError, match="windows of 6 cells cannot be cut into patches of 4"):
        evaluate(trained, benchmark(labels, window=6), KNN())


def test_the_command_ends_in_a_table_and_files(
    run_folder: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", str(run_folder), "--labels", str(labels), "--window", "4", "--block", "160", "--draws", "2"]
    assert spacenit_run([*command, "--out", str(tmp_path / "out")]) == 0
    captured = capsys.readouterr()
    shown = captured.out
    assert "probes: 12 to do" in captured.err
    for word in (
        "knn",
        "logistic_blocks",
        "pretrained",
        "random_init",
        "raw_pixels",
        "balanced accuracy",
        "results.md",
    ):
        assert word in shown
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    assert content["step"] == 7 and len(content["scores"]) == 6
    assert content["facts"]["sensors"] == ["sentinel2_l2a", "sentinel1"]


def test_a_model_that_is_no_run_is_evaluated_like_the_run_it_came_from(
    run_folder: Path, labels: Path, h5py_dir: Path, tmp_path: Path
) -> None:
    for exporter in ("safetensors", "olmoearth"):
        model = tmp_path / exporter
        assert spacenit_run(["export", str(run_folder), "--plugin", f"exporter={exporter}", "--out", str(model)]) == 0
        found = []
        for source in (run_folder, model):
            command = ["evaluate", str(source), "--labels", str(labels), "--window", "4", "--block", "160"]
            command += ["--h5py_dir", str(h5py_dir), "--probe", "knn", "--sensor", "sentinel1"]
            assert spacenit_run([*command, "--out", str(tmp_path / "out")]) == 0
            found.append(json.loads((tmp_path / "out" / "results.json").read_text()))
        assert found[0]["scores"][0] == found[1]["scores"][0] and len(found[1]["scores"]) == 3
        assert (found[1]["run"], found[1]["step"]) == (exporter, None)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["absent", "--labels", "x.tif"], "there is no folder absent"),
        (["RUN", "--labels", "x.tif"], "there is no file x.tif"),
        (["RUN", "--labels", "LABELS", "--probe", "knm"], "knn"),
        (["RUN", "--labels", "LABELS", "--baseline", "raw_pixel"], "raw_pixels"),
        (["RUN", "--labels", "LABELS", "--window", "6"], "--patch-size"),
        (
            ["RUN", "--labels", "LABELS", "--window", "16", "--patch-size", "16"],
            "takes patches of 1 to 8 cells, not 16",
        ),
        (["RUN", "--labels", "LABELS", "--train-share", "nan"], "benchmark.train_share=nan: expected a finite number"),
        (["RUN", "--labels", "LABELS", "--block", "nan"], "benchmark.block=nan: expected a finite number"),
        (["RUN", "--labels", "LABELS", "--ignore", "1,2"], "ignore each code by itself (--ignore)"),
        (["RUN", "--labels", "LABELS", "--h5py_dir", "nowhere"], "nowhere"),
        (["RUN"], "--labels"),
    ],
)
def test_mistakes_end_with_exit_code_2_and_a_sentence(
    arguments: list[str], text: str, run_folder: Path, labels: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    replaced = {"RUN": str(run_folder), "LABELS": str(labels)}
    assert spacenit_run(["evaluate", *(replaced.get(word, word) for word in arguments)]) == 2
    assert text in capfd.readouterr().err


def test_reports_say_the_same_in_every_format(trained: TrainedRun, labels: Path, tmp_path: Path) -> None:
    report = evaluate(trained, benchmark(labels), KNN_ALONE, beside=BESIDE)
    value = report.score("knn", "raw_pixels").metrics["accuracy"]
    assert str(value) in markdown(report)
    assert f"raw_pixels,accuracy,{value.value:.6f}" in csv_text(report)
    written = write_report(report, tmp_path / "a" / "b")
    assert [path.name for path in written] == ["results.md", "results.csv", "results.json"]
    sentence = verdict(report)
    gain = report.score("knn", "raw_pixels").gain
    assert gain is not None and sentence.startswith("knn: the pretrained encoder is ")
    assert np.sign(gain.value) == (
        1 if "ahead of raw_pixels" in sentence or "(ahead of) raw_pixels" in sentence else -1
    )


def test_a_damaged_sample_is_told_without_settings_that_evaluate_does_not_have(
    run_folder: Path, h5py_dir: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / h5py_dir.name
    shutil.copytree(h5py_dir, folder)
    for path in folder.glob("sample_*.h5"):
        path.write_bytes(path.read_bytes()[:-200])
    command = ["evaluate", str(run_folder), "--labels", str(labels), "--h5py_dir", str(folder), "--out", str(tmp_path)]

    assert spacenit_run(command) == 1

    told = capsys.readouterr().err
    assert "convert or copy it again" in told and "data_loader" not in told
    assert spacenit_run([*command[:-3], str(tmp_path / "none"), *command[-2:]]) == 2
    assert "sample_<i>.h5 with --h5py_dir" in " ".join(capsys.readouterr().err.split())

"""Grids of settings: their cells, and evaluating them."""

import csv
import json
import os
import signal
import time
from pathlib import Path

import pytest
from attrs import evolve

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.build import build
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_core.kinds.protocols import PROTOCOLS
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.geobench_v1.m_eurosat import MEuroSat
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.results.rows import TIMES
from spacenit_evals.sweep import run as sweep_run
from spacenit_evals.sweep.grid import cells_of
from spacenit_evals.sweep.rates import PROBE
from spacenit_evals.sweep.request import SweepRequest, SweptModel

from .geobench_files import NAMES, write_set

PROTOCOLS_HERE = {name: PROTOCOLS.get(name)() for name in ("knn_20", "linear_probe")}
FAST = ("--protocol.linear_probe.epochs=1", "--protocol.linear_probe.seeds=1", "--protocol.knn_20.k=3")


@pytest.fixture(scope="module")
def geobench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("geobench")
    labels = [0, 0, 1, 1, 2, 2] * 2
    sides = {"train": labels, "valid": labels, "test": labels}
    folder = write_set(root, "m-eurosat", sides, classes=("a", "b", "c"))
    statistics = {name: {"mean": 400.0 + 10 * number, "std": 300.0} for number, name in enumerate(NAMES)}
    (folder / "band_stats.json").write_text(json.dumps(statistics))
    return root


@pytest.fixture
def here(geobench: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOBENCH_DIR", str(geobench))


def request(**settings: object) -> SweepRequest:
    model = SweptModel(name="run", embedder=ModelEncoder(), checkpoint=Path("run"))
    return SweepRequest(**{"models": (model,), "protocols": PROTOCOLS_HERE, "tasks": ("m_eurosat",), **settings})


def rates(cells: list) -> list[str]:
    return [cell.swept["learning_rate"] for cell in cells if cell.protocol == "linear_probe"]


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "rows.csv", newline="") as file:
        return [{name: text for name, text in row.items() if name not in TIMES} for row in csv.DictReader(file)]


def test_every_task_that_has_a_probe_is_swept_over_learning_rates():
    cells, left = cells_of(request())
    assert not left and len(rates(cells)) == 32 and len(cells) == 36
    assert rates(cells) == 4 * [f"{rate:g}" for rate in PROBE]
    found = {(cell.swept["statistics"], cell.swept["pooling"]) for cell in cells}
    assert found == {(statistics, pooling) for statistics in ("model", "dataset") for pooling in ("mean", "max")}
    assert [cell.judge.learning_rates for cell in cells if cell.protocol == "linear_probe"][:2] == [(1e-4,), (5e-4,)]


def test_flags_leave_out_parts_of_the_grid():
    cells, _ = cells_of(request(rates_only=True))
    assert len(cells) == 1 + len(PROBE) and {cell.swept["pooling"] for cell in cells} == {"mean"}
    cells, _ = cells_of(request(defaults_only=True))
    assert [cell.protocol for cell in cells] == ["knn_20", "linear_probe"] and rates(cells) == ["0.01"]
    cells, _ = cells_of(request(select_by_validation=True, rates_only=True))
    (probe,) = (cell for cell in cells if cell.protocol == "linear_probe")
    assert probe.judge.learning_rates == PROBE and probe.judge.evaluation_interval == 5


def test_the_usual_rate_is_that_of_the_task():
    tasks = ("gb2_biomassters", "gb2_pastis", "m_so2sat")
    cells, _ = cells_of(request(tasks=tasks, defaults_only=True))
    found = {cell.task: cell.swept["learning_rate"] for cell in cells if cell.protocol == "linear_probe"}
    assert found == {"gb2_biomassters": "0.001", "gb2_pastis": "0.1", "m_so2sat": "0.01"}


def test_no_cell_of_any_installed_benchmark_is_refused_for_its_settings():
    public = [name for name in BENCHMARKS.names() if BENCHMARKS.get(name).variable]
    models = (
        SweptModel(name="run", embedder=ModelEncoder(), checkpoint=Path("run")),
        SweptModel(name="statistics", embedder=ImageStatistics()),
    )
    cells, left = cells_of(request(models=models, tasks=None))
    assert {cell.task for cell in cells} | {one.task for one in left} == set(public)
    for cell in cells:
        assert cell.benchmark.predicts in cell.judge.tasks
        build(cell.judge)


def test_statistics_that_a_benchmark_refuses_are_no_cells():
    takes = SensorSet.of(["sentinel2_l2a", "sentinel1"])
    model = SweptModel(name="run", embedder=ModelEncoder(), checkpoint=Path("run"), takes=takes)
    cells, left = cells_of(request(models=(model,), tasks=("gb2_caffe", "m_forestnet", "gb2_benv2", "gb2_spacenet7")))
    found: dict[str, set[str]] = {}
    for cell in cells:
        found.setdefault(cell.task, set()).add(cell.swept["statistics"])
        cell.benchmark.suits(ModelInputs(sensors=takes, patch_size=4))
    assert found["gb2_caffe"] == {"dataset"} and found["gb2_benv2"] == {"model", "dataset"}
    assert {one.task for one in left} | set(found) == {"gb2_caffe", "m_forestnet", "gb2_benv2", "gb2_spacenet7"}


def test_vectors_can_be_changed_before_they_are_judged():
    cells, _ = cells_of(request(defaults_only=True, change={"bits": 4, "dimensions": 2}))
    assert [cell.protocol for cell in cells] == ["knn_20_4bit_dim2", "linear_probe_4bit_dim2"]
    assert cells[1].judge.protocol.learning_rates == (0.01,) and cells[1].judge.bits == 4


def test_what_is_printed_is_what_is_evaluated(here, run_folder, tmp_path, capsys):
    words = ["evals", "sweep", "--cluster=local", f"--checkpoint_path={run_folder}", "--task-names=m_eurosat"]
    words += ["--defaults_only", "--model_name=small", f"--out={tmp_path}", *FAST]
    assert spacenit_run([*words, "--dry_run"]) == 0
    *printed, last = capsys.readouterr().out.splitlines()
    assert last.startswith("2 cells") and not (tmp_path / "sweeps").exists()
    assert "learning_rate=0.01" in printed[1] and "pooling=mean" in printed[1]
    assert spacenit_run(words) == 0
    folder = tmp_path / "sweeps" / "small"
    found = {row["protocol"]: row for row in rows(folder)}
    assert set(found) == {line.split()[3] for line in printed} == {"knn_20", "linear_probe"}
    settings = json.loads(found["linear_probe"]["settings"])
    assert settings["protocol"]["learning_rates"] == [0.01] and settings["protocol"]["epochs"] == 1
    assert found["knn_20"]["features"] == "pretrained (pooling=mean)"


class Killed(BaseException):
    """As if the process had ended."""


def test_a_killed_sweep_goes_on_and_ends_with_the_same_rows(here, run_folder, tmp_path, monkeypatch):
    models = (SweptModel(name="small", embedder=ModelEncoder(), checkpoint=run_folder),)
    cells, _ = cells_of(request(models=models, protocols={"knn_20": PROTOCOLS.get("knn_20")(k=3)}))
    more, _ = cells_of(request(models=models, protocols={"knn_5": PROTOCOLS.get("knn_5")(k=3)}))
    cells = [*cells, *more]
    found = sweep_run.run_cells(cells, tmp_path / "whole", "cpu", lambda *_: None)
    assert [one.problem for one in found] == [""] * 8

    def killed(number: int, _: object) -> None:
        if number == 3:
            raise Killed

    with pytest.raises(Killed):
        sweep_run.run_cells(cells, tmp_path / "stopped", "cpu", killed)
    before = finished(tmp_path / "stopped")
    outcomes = sweep_run.run_cells(cells, tmp_path / "stopped", "cpu", lambda *_: None)
    assert len(before) == 3 and len(outcomes) == len(cells) == 8 and all(one.value is not None for one in outcomes)
    assert before.items() <= finished(tmp_path / "stopped").items()
    assert rows(tmp_path / "stopped") == rows(tmp_path / "whole")


def test_a_cell_that_fails_does_not_end_the_others(here, run_folder, tmp_path):
    models = (SweptModel(name="small", embedder=ModelEncoder(), checkpoint=run_folder),)
    cells, _ = cells_of(request(models=models, defaults_only=True, protocols={"knn_20": PROTOCOLS.get("knn_20")(k=3)}))
    gone = evolve(cells[0], benchmark=MEuroSat(folder=tmp_path / "gone"))
    outcomes = sweep_run.run_cells([gone, *cells], tmp_path / "out", "cpu", lambda *_: None)
    assert [one.value is None for one in outcomes] == [True, False] and outcomes[0].problem


def test_mistakes_are_named(here, run_folder, tmp_path, capsys):
    run = f"--checkpoint_path={run_folder}"
    for words, said in (
        ([], "no model is named"),
        ([run, "--model=image_statistics"], "two models are named"),
        ([run, "--task-names=m_eurosta"], "did you mean m_eurosat"),
        ([run, "--cluster=ai2/saturn"], "nothing is submitted to ai2/saturn from here"),
        (["--model=galilei"], "no model is called galilei"),
        (["--model=image_statistics", "--size=base"], "has no size base"),
        (["--model=image_statistics", "--model.sise=3"], "sise"),
        ([run, "--model.encoder.depth=3"], "name its recipe: --module_path=RECIPE"),
        ([run, "--quantize_bits=4"], "--quantize_embeddings"),
        ([run, "--task-names=gb2_benv2"], "the data of gb2_benv2 are not here"),
        ([run, "--protocol=knn_20", "--protocol.linear_probe.epochs=1"], "--protocol linear_probe"),
        ([f"--checkpoint_path={tmp_path}"], "no usable checkpoint"),
        ([run, "--lr-onyl"], "did you mean"),
        ([run, "--embedding_diagnostics_only"], "spacenit-run evals diagnose"),
        ([run, "--finetune_seed=3"], "give both, or none"),
    ):
        given = words if any(word.startswith("--cluster") for word in words) else ["--cluster=local", *words]
        assert spacenit_run(["evals", "sweep", *given]) == 2, words
        assert said in " ".join(capsys.readouterr().err.split()), words


def test_a_process_that_is_killed_loses_no_finished_cell(here, geobench, run_folder, tmp_path, fork_server):
    words = ["evals", "sweep", "--cluster=local", f"--checkpoint_path={run_folder}", "--task-names=m_eurosat", *FAST]
    words += ["--lr_only", "--model_name=small"]
    (pid,) = fork_server.start_command([*words, f"--out={tmp_path / 'killed'}"], GEOBENCH_DIR=str(geobench))
    killed = tmp_path / "killed" / "sweeps" / "small"
    while not finished(killed) and _lives(pid):
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    assert fork_server.wait() == [-signal.SIGKILL], fork_server.log.read_text()
    before = finished(killed)
    assert 1 <= len(before) < 9
    assert spacenit_run([*words, f"--out={tmp_path / 'killed'}"]) == 0
    assert spacenit_run([*words, f"--out={tmp_path / 'whole'}"]) == 0
    assert before.items() <= finished(killed).items() and len(finished(killed)) == 9
    assert rows(killed) == rows(tmp_path / "whole" / "sweeps" / "small")


def finished(folder: Path) -> dict[Path, int]:
    """The finished evaluations of a folder, with when they were written; what begins with a dot is not finished."""
    return {path: path.stat().st_mtime_ns for path in folder.glob("[!.]*/results.json")}


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

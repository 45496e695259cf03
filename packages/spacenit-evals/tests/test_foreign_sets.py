"""Labels lie in whatever data set says where its samples are, not in folders of H5 files alone."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from attrs import evolve

from spacenit_core import checkpoint
from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.config import dump_yaml, load_yaml
from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, PluginError, UserError
from spacenit_core.plugins import discovery
from spacenit_core.samples.georeference import Georeference
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN

SENSORS = SensorSet.of(["sentinel2_l2a"])


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module of an installed plugin with the data set `memory`."""
    info = tmp_path / "site" / "acme_memory-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-memory\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spacenit.datasets]\nmemory = acme_memory:MemoryConfig\n")
    (info.parent / "acme_memory.py").write_text(Path(__file__).with_name("acme_memory.py").read_text())
    monkeypatch.syspath_prepend(info.parent)
    discovery.refresh()
    yield importlib.import_module("acme_memory")
    monkeypatch.undo()
    sys.modules.pop("acme_memory", None)
    discovery.refresh()


def rasters(labels: Path, **changes: object) -> LabelledRasters:
    settings = {"labels": (str(labels),), "window": 4, "block": 160.0, "draws": 2, "sensors": ("sentinel2_l2a",)}
    return LabelledRasters(**(settings | changes))  # type: ignore[arg-type]


def test_samples_in_memory_score_as_those_in_files(acme: ModuleType, h5py_dir: Path, labels: Path) -> None:
    here = rasters(labels, dataset=acme.MemoryConfig(copied=h5py_dir))
    found, expected = (evaluate(RawPixels(), one, KNN()) for one in (here, rasters(labels, h5py_dir=h5py_dir)))
    assert found.scores == expected.scores
    assert found.facts["data"] == "memory" and found.facts["points"] == expected.facts["points"]
    with pytest.raises(UserError, match=r"memory' of acme-memory.* does not say which sensors it holds"):
        evaluate(RawPixels(), evolve(here, sensors=()), KNN())


def test_a_run_is_evaluated_in_the_set_that_it_names(
    acme: ModuleType, run_folder: Path, h5py_dir: Path, labels: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    command = ["--labels", str(labels), "--window", "4", "--block", "160", "--draws", "1", "--protocol", "knn"]
    command += ["--embedder", "raw_pixels", "--out", str(tmp_path / "out")]

    def scores(run: Path, *words: str) -> object:
        assert spacenit_run(["evaluate", str(run), *command, *words]) == 0
        return json.loads((tmp_path / "out" / "results.json").read_text())["scores"]

    expected = scores(run_folder)
    of_memory = _copied(run_folder, tmp_path / "run", {"type": "memory", "copied": str(h5py_dir)})
    assert scores(of_memory) == expected
    named = [f"--benchmark.dataset.copied={h5py_dir}", "--plugin", "benchmark.dataset=memory"]
    assert scores(run_folder, *named) == expected
    capfd.readouterr()
    for words, said in (
        ([*named, "--h5py_dir", str(h5py_dir)], "h5py_dir and dataset both name the set"),
        ([*named, "--months-from", "1"], "leave it out (--months-from)"),
        ([*named, "--benchmark.dataset.georeferenced=false"], "does not say where its samples lie"),
    ):
        assert spacenit_run(["evaluate", str(run_folder), *command, *words]) == 2
        assert said in " ".join(capfd.readouterr().err.split())


def _copied(run: Path, folder: Path, dataset: dict[str, str]) -> Path:
    """A run with the same weights that names another set."""
    files = {"model.safetensors": (run / "step7" / "model.safetensors").read_bytes()}
    config = load_yaml(run / "step7" / "config.yaml") | {"dataset": dataset}
    checkpoint.write(folder, 7, files | {"config.yaml": dump_yaml(config).encode()})
    return folder


def test_shares_of_training_do_not_count(run_folder: Path, h5py_dir: Path, labels: Path, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    share = {"type": "h5_tiles", "h5py_dir": str(h5py_dir), "dataset_percentage": 0.2, "cache_dir": cache}
    run = _copied(run_folder, tmp_path / "run", share)  # type: ignore[arg-type]
    found, expected = (evaluate(one, rasters(labels, draws=1), KNN()) for one in (run, run_folder))
    assert found.scores == expected.scores and not Path(cache).exists()


def test_what_a_set_says_of_its_samples_is_checked(acme: ModuleType, h5py_dir: Path, labels: Path) -> None:
    config = acme.MemoryConfig(copied=h5py_dir)
    held = build(config, SENSORS)
    held.dataset.found = evolve(held.dataset.found, numbers=held.dataset.found.numbers - 1)
    with pytest.raises(PluginError, match="without sample 108; a georeference holds all samples in use"):
        held.georeference()
    with pytest.raises(ValueError, match="do not ascend, or one occurs twice"):
        Georeference(*np.zeros((5, 3)))
    degrees = build(config, SENSORS)
    degrees.dataset.found = evolve(degrees.dataset.found, crs=np.full(9, "EPSG:4326"))
    with pytest.raises(DataError, match="samples of memory do not lie in metres"):
        rasters(labels).read_labels(degrees)

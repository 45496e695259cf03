"""Sets of GEO-Bench v1: what they hold, and that nothing in their files runs."""

import json
import os
import pickle  # noqa: TID251  (to attack with)
import re
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.geobench_v1 import inert_pickle
from spacenit_evals.benchmarks.geobench_v1.inert_pickle import Record, read_pickle
from spacenit_evals.benchmarks.geobench_v1.m_eurosat import MEuroSat
from spacenit_evals.benchmarks.geobench_v1.m_so2sat import MSo2Sat
from spacenit_evals.benchmarks.geobench_v1.sample_file import read_facts
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN

from .geobench_files import NAMES, write_sample, write_set

SIDES = {"train": [0, 1, 2] * 4, "valid": [0, 1, 2], "test": [0, 1, 2] * 4}
CLASSES = ("river", "forest", "highway")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_set(tmp_path, "m-eurosat", SIDES, classes=CLASSES)
    monkeypatch.setenv("GEOBENCH_DIR", str(tmp_path))
    return tmp_path


def inputs(*sensors: str) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors), patch_size=4)


def test_a_set_is_read_as_its_publisher_wrote_it(root: Path) -> None:
    benchmark = build(MEuroSat(), inputs("sentinel2", "sentinel1"))
    assert benchmark.labels.tolist() == [label for labels in SIDES.values() for label in labels]
    assert benchmark.facts.classes == CLASSES and benchmark.inputs.sensors.names == ("sentinel2",)
    ((split,),) = benchmark.draws
    assert (split.train.sum(), split.validation.sum(), split.test.sum()) == (12, 3, 12)
    assert np.bincount(benchmark.groups).tolist() == [2] * 13 + [1]
    ((numbers, samples),) = benchmark.samples()
    assert numbers.tolist() == list(range(27))
    bands = benchmark.inputs.sensors["sentinel2"].bands
    with h5py.File(root / "classification_v1.0/m-eurosat/id_4.hdf5") as file:
        for band, name in MEuroSat.stored.of("corrected").items():
            np.testing.assert_array_equal(samples[4].bands["sentinel2"][:, :, 0, bands.index(band)], file[name])


def test_bands_are_put_right_unless_they_are_wanted_as_published(root: Path) -> None:
    found = {}
    for variant in ("corrected", "as_published"):
        named = MEuroSat.stored.of(variant)
        found[variant] = {band: NAMES.index(named[band]) for band in ("B8A", "B09", "B10", "B11", "B12")}
    assert found["as_published"] == {"B8A": 8, "B09": 9, "B10": 10, "B11": 11, "B12": 12}
    assert found["corrected"] == {"B09": 8, "B10": 9, "B11": 10, "B12": 11, "B8A": 12}
    one, other = (build(MEuroSat(variant=variant), inputs("sentinel2")).facts.version for variant in found)
    assert one != other


def test_it_is_evaluated_by_its_split(root: Path) -> None:
    report = evaluate(RawPixels(), MEuroSat(), KNN(k=3, standardise=False))
    assert report.scores[0].metrics["accuracy"].value == 1.0
    assert report.facts["test_points"] == 12 and report.facts["train_points"] == 12
    assert "2020-07-01 stands for all" in str(report.facts["dates"])
    half = evaluate(RawPixels(), MEuroSat(partition="0.50x_train"), KNN(k=3))
    assert half.facts["train_points"] == 6


def test_a_model_of_surface_reflectance_is_told_what_it_gets(root: Path) -> None:
    benchmark = build(MEuroSat(), inputs("sentinel2_l2a"))
    assert benchmark.remarks()["sensor"] == "sentinel2 is handed on as sentinel2_l2a"
    with pytest.raises(UserError, match="m-eurosat holds sentinel2 or sentinel2_l2a, and the model takes landsat"):
        build(MEuroSat(), inputs("landsat"))


def test_reflectance_comes_in_the_units_of_the_sensor(tmp_path: Path) -> None:
    names = [name for name in NAMES if name[:2] not in ("01", "09", "10")]
    folder = write_set(tmp_path, "m-so2sat", SIDES, classes=CLASSES, names=names)
    for path in folder.glob("*.hdf5"):
        with h5py.File(path, "r+") as file:
            for name in names:
                pixels = file[name][()] / 10_000
                del file[name]
                file[name] = pixels.astype(np.float32)
    benchmark = build(MSo2Sat(folder=tmp_path), inputs("sentinel2_l2a"))
    (_, samples) = next(iter(benchmark.samples()))
    pixels = samples[0].bands["sentinel2_l2a"]
    bands = benchmark.inputs.sensors["sentinel2_l2a"].bands
    assert 1500 < pixels[..., bands.index("B02")].mean() < 2000
    assert benchmark.remarks()["bands_absent"] == "B01, B09" and (pixels[..., bands.index("B01")] == -99999).all()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda folder: (folder / "id_3.hdf5").unlink(), "lacks 1 of 27 samples"),
        (lambda folder: (folder / "id_3.hdf5").write_bytes(b"\x89HDF"), "id_3.hdf5 cannot be read"),
        (lambda folder: (folder / "task_specs.pkl").write_bytes(b"\x80\x04N."), "names no classes"),
        (lambda folder: (folder / "task_specs.pkl").write_bytes(b"hello"), "its pickle is damaged"),
        (lambda folder: (folder / "default_partition.json").write_text("{}"), "cannot be read"),
        (lambda folder: relist(folder, "train", ["id_0", "id_12"]), "lists id_12 twice"),
        (lambda folder: relist(folder, "test", []), "nothing to train on or to test on"),
        (lambda folder: write_sample(folder / "id_3.hdf5", {NAMES[0]: np.ones((8, 8))}, 7), "has the label 7"),
        (lambda folder: write_sample(folder / "id_3.hdf5", {NAMES[0]: np.ones((8, 8))}, None), "has the label None"),
    ],
)
def test_damaged_sets_are_named(root: Path, change: Any, text: str) -> None:
    change(root / "classification_v1.0/m-eurosat")
    with pytest.raises(DataError, match=text):
        build(MEuroSat(), inputs("sentinel2"))


def relist(folder: Path, side: str, samples: list[str]) -> None:
    path = folder / "default_partition.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {side: samples}))


def test_data_that_are_nowhere_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: Path) -> None:
    with pytest.raises(UserError, match=r"no partition 0.5x_train; did you mean 0.50x_train\?\n  set partition"):
        build(MEuroSat(partition="0.5x_train"), inputs("sentinel2"))
    with pytest.raises(DataError, match="holds no m-so2sat"):
        build(MSo2Sat(), inputs("sentinel2"))
    monkeypatch.delenv("GEOBENCH_DIR")
    with pytest.raises(UserError, match="set GEOBENCH_DIR to their folder"):
        build(MEuroSat(), inputs("sentinel2"))
    with pytest.raises(UserError, match="gs://bucket/geobench is not on this machine"):
        build(MEuroSat(folder=Path("gs://bucket/geobench")), inputs("sentinel2"))


class Runs:
    """Leaves a trace when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


class SetsState:
    """Leaves a trace through its state."""

    def __reduce__(self) -> Any:
        return Path, (), {"trace": Runs(os.system, "touch trace")}


def test_nothing_that_a_pickle_names_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harmful.py").write_text("open('trace', 'w')")
    monkeypatch.syspath_prepend(str(tmp_path))
    harmful = [
        pickle.dumps({"label": 1, "x": Runs(os.system, "touch trace")}),
        pickle.dumps({"label": 1, "x": Runs(eval, "open('trace', 'w')")}, protocol=4),
        pickle.dumps([SetsState()]),
        pickle.dumps(np.array([Runs(os.system, "touch trace")], dtype=object)),
        b"charmful\nTrace\n)R.",
        b"\x80\x04\x8c\x07harmful\x94\x8c\x05Trace\x94\x93)\x81.",
    ]
    for content in harmful:
        read_pickle(content, "a sample")
        assert not (tmp_path / "trace").exists()
    found = read_pickle(harmful[0], "a sample")
    assert found["label"] == 1 and isinstance(found["x"], Record) and found["x"].name.endswith("system")
    pickle.loads(harmful[0])
    assert (tmp_path / "trace").exists(), "the pickle would have run"


@pytest.mark.parametrize("content", [b"", b"\x80\x04", b"P1\n.", b"(" * 10 + b"."])
def test_what_is_no_pickle_is_refused(content: bytes) -> None:
    with pytest.raises(DataError):
        read_pickle(content, "a sample")


def test_only_one_module_reads_pickles() -> None:
    packages = Path(__file__).parents[2]
    named = [
        path for path in packages.glob("*/src/**/*.py") if re.search(r"^(import|from) pickle", path.read_text(), re.M)
    ]
    assert named == [Path(inert_pickle.__file__)]


def test_a_real_sample_says_what_it_is(real_evals: Path) -> None:
    path = real_evals / "geobench_v1_eurosat" / "classification_v1.0/m-eurosat/id_1905.hdf5"
    facts = read_facts(path)
    assert facts.label == 1 and "UTM zone 35N" in facts.crs and not facts.is_geographic
    assert facts.corner == pytest.approx((624602.2348, 4877286.0336), abs=1e-3)
    # 124.9 km east of 27 degrees in Dobruja, where a degree of longitude has 80.1 km.
    assert facts.middle(64, 64) == pytest.approx((44.04, 28.56), abs=0.01)
    with pytest.raises(DataError, match=r"lacks \d+ of \d+ samples of the partition 0.01x_train"):
        build(MEuroSat(folder=real_evals / "geobench_v1_eurosat", partition="0.01x_train"), inputs("sentinel2"))


def test_the_command_evaluates_on_it(run_folder: Path, root: Path, tmp_path: Path) -> None:
    command = ["evaluate", str(run_folder), "--benchmark", "m_eurosat", "--protocol", "knn", "--protocol.knn.k=3"]
    assert spacenit_run([*command, "--out", str(tmp_path / "out"), "--benchmark.partition=default"]) == 0
    content = json.loads((tmp_path / "out/results.json").read_text())
    assert content["facts"]["variant"] == "corrected"
    controls = {"random_init", "raw_pixels", "image_statistics", "random_convolutions"}
    assert {score["features"] for score in content["scores"]} == {"pretrained", *controls}


@pytest.mark.parametrize("where", ["sample", "task_specs.pkl"])
def test_nothing_in_the_files_of_a_set_runs(
    root: Path, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "harmful.py").write_text("open('trace', 'w')")
    monkeypatch.syspath_prepend(str(tmp_path))
    folder, command = root / "classification_v1.0/m-eurosat", Runs(os.system, "touch trace")
    harmful = [
        pickle.dumps({"label": command, "bands_order": [SetsState()]}),
        pickle.dumps({"label": np.array([command], dtype=object)}),
        pickle.dumps({"label": np.array([1, 2]), "02 - Blue": {"transform": command, "crs": SetsState()}}),
        b"charmful\nTrace\n)R.",
    ]
    for content in harmful:
        if where == "sample":
            with h5py.File(folder / "id_3.hdf5", "r+") as file:
                file.attrs["pickle"] = str(content)
        else:
            (folder / where).write_bytes(content)
        with pytest.raises(DataError):
            build(MEuroSat(), inputs("sentinel2"))
        assert not (tmp_path / "trace").exists()

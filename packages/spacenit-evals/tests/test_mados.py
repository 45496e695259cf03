"""MADOS, in its publisher's layout and in OlmoEarth's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.mados.config import CLASSES, Mados

from .dense_files import all_samples, assert_equal_samples, band, inputs, write_tif
from .mados_files import CROPS, write_scenes, write_tensors

MODEL = inputs("sentinel2_l2a")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    root = tmp_path_factory.mktemp("mados")
    return root, write_scenes(root)


@pytest.fixture
def root(scenes: tuple[Path, dict[str, Any]], tmp_path: Path) -> Path:
    """A copy that tests may damage."""
    for path in scenes[0].rglob("*"):
        if path.is_file():
            copy = tmp_path / path.relative_to(scenes[0])
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.hardlink_to(path)
    return tmp_path


def test_scenes_are_read_as_published(scenes: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    root, crops = scenes
    monkeypatch.setenv("MADOS_DIR", str(root))
    benchmark = build(Mados(), MODEL)
    assert benchmark.facts.classes == CLASSES and benchmark.facts.dates_invented
    assert benchmark.facts.group == "scene" and benchmark.setup()["layout"] == "the publisher's scenes"
    # Two tiles of each crop hold labels: the first, and the last but none.
    assert benchmark.labels.shape == (12, 80, 80)
    assert np.bincount(benchmark.groups).tolist() == [4, 2, 2, 4]
    ((split,),) = benchmark.draws
    assert (split.train.sum(), split.validation.sum(), split.test.sum()) == (6, 2, 4)
    samples = all_samples(benchmark)
    bands, labels = crops["Scene_7_1"]
    for number, corner in ((4, (0, 0)), (5, (160, 160))):
        inside = tuple(slice(start, start + 80) for start in corner)
        np.testing.assert_array_equal(benchmark.labels[number], labels[inside].astype(int) - 1)
        expected = np.round(bands["B04"][inside] * 10_000)
        np.testing.assert_allclose(band(samples[number], "sentinel2_l2a", "B04")[..., 0], expected, rtol=1e-6)
        coarse = bands["B06"].repeat(2, 0).repeat(2, 1)[inside] * 10_000
        np.testing.assert_allclose(band(samples[number], "sentinel2_l2a", "B06")[..., 0], coarse, rtol=1e-6)
        assert (band(samples[number], "sentinel2_l2a", "B09") == -99999).all()
    assert "2020-07-01 stands for all" in str(benchmark.remarks()["dates"])


def test_both_layouts_hold_equal_samples(scenes: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    root, crops = scenes
    for as_loaded in (False, True):
        folder = tmp_path / f"tensors_{as_loaded}"
        write_tensors(folder, crops, as_loaded=as_loaded)
        tensors = build(Mados(folder=folder, variant="as_published"), MODEL)
        assert tensors.setup()["layout"] == "tensors made by OlmoEarth"
        assert_equal_samples(build(Mados(folder=root, variant="as_published"), MODEL), tensors, rtol=1e-4)
        said = "counted from 0, -1 is none" if as_loaded else "counted from 1, 0 is none"
        assert tensors.remarks()["labels"] == said


def test_tensors_give_no_copied_band_unless_asked_for(scenes: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    write_tensors(tmp_path, scenes[1])
    plain, published = (build(Mados(folder=tmp_path, variant=name), MODEL) for name in ("corrected", "as_published"))
    assert (band(all_samples(plain)[0], "sentinel2_l2a", "B09") == -99999).all()
    assert (band(all_samples(published)[0], "sentinel2_l2a", "B09") > 0).all()
    assert plain.facts.version != published.facts.version
    assert "none in the data: each sample counts as one" in str(plain.remarks()["groups"])


def test_the_version_is_that_of_the_data(scenes: tuple[Path, dict[str, Any]], root: Path) -> None:
    same = build(Mados(folder=root), MODEL).facts.version
    assert same == build(Mados(folder=scenes[0]), MODEL).facts.version
    path = root / "Scene_0/10/Scene_0_L2R_rhorc_560_1.tif"
    path.unlink()
    write_tif(path, np.ones((1, 240, 240), np.float32), crs=None)
    assert build(Mados(folder=root), MODEL).facts.version != same


def replace(path: Path, content: np.ndarray | bytes) -> None:
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        write_tif(path, content, crs=None)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda root: (root / "Scene_9/20/Scene_9_L2R_rhorc_740_1.tif").unlink(), "Scene_9_1 lacks band B06"),
        (lambda root: (root / "Scene_9/10/Scene_9_L2R_cl_1.tif").unlink(), "cl_1.tif is missing"),
        (lambda root: replace(root / "Scene_9/10/Scene_9_L2R_cl_1.tif", b"II*\x00"), "cl_1.tif cannot be read"),
        (
            lambda root: replace(root / "Scene_9/10/Scene_9_L2R_cl_1.tif", np.full((1, 240, 240), 16, np.uint8)),
            "label 15",
        ),
        (lambda root: replace(root / "splits/test_X.txt", b"Scene_0_1\n"), "lists Scene_0_1 twice"),
        (lambda root: replace(root / "splits/test_X.txt", b""), "test_X.txt is empty"),
        (lambda root: (root / "splits/val_X.txt").unlink(), "val_X.txt cannot be read"),
    ],
)
def test_damaged_scenes_are_named(root: Path, change: Any, text: str) -> None:
    change(root)
    with pytest.raises(DataError, match=text):
        build(Mados(folder=root), MODEL)


def test_a_band_that_cannot_be_read_is_named_when_it_is(root: Path) -> None:
    replace(root / "Scene_0/20/Scene_0_L2R_rhorc_704_1.tif", np.ones((1, 7, 7), np.float32))
    with pytest.raises(DataError, match=r"rhorc_704_1.tif has \(7, 7\) pixels"):
        all_samples(build(Mados(folder=root), MODEL))


class Runs:
    """Leaves a trace when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_damaged_tensors_are_named_and_run_nothing(scenes: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"MADOS_DIR.* holds neither splits/train_X.txt nor MADOS_train.pt"):
        build(Mados(folder=tmp_path), MODEL)
    write_tensors(tmp_path, scenes[1])
    with pytest.raises(UserError, match=r"are tiles of 80 pixels\n  --benchmark.tile=80"):
        build(Mados(folder=tmp_path, tile=240), MODEL)
    torch.save({"images": torch.zeros(2, 5, 80, 80), "labels": torch.zeros(2, 80, 80)}, tmp_path / "MADOS_val.pt")
    with pytest.raises(DataError, match="13 bands belong there"):
        build(Mados(folder=tmp_path), MODEL)
    torch.save({"images": torch.zeros(2, 13, 80, 80), "labels": Runs(tmp_path / "trace")}, tmp_path / "MADOS_val.pt")
    with pytest.raises(DataError, match=r"MADOS_val.pt holds something else than tensors"):
        build(Mados(folder=tmp_path), MODEL)
    assert not (tmp_path / "trace").exists()
    (tmp_path / "MADOS_val.pt").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of 3 files, first MADOS_val.pt"):
        build(Mados(folder=tmp_path), MODEL)


def test_what_cannot_be_is_refused(scenes: tuple[Path, dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="MADOS is evaluated with sentinel2_l2a, and the model takes sentinel1"):
        build(Mados(folder=scenes[0]), inputs("sentinel1"))
    with pytest.raises(UserError, match=r"cannot be cut into tiles of 70"):
        build(Mados(folder=scenes[0], tile=70), MODEL)
    monkeypatch.delenv("MADOS_DIR", raising=False)
    with pytest.raises(UserError, match="set MADOS_DIR to their folder; Zenodo"):
        build(Mados(), MODEL)
    assert len(CROPS) == 3

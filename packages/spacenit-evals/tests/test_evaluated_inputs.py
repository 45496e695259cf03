"""What an evaluation does with long series, windows without pixels, maps, and encoders that see their batch."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from attrs import evolve

from spacenit_core import checkpoint
from spacenit_core.checkpoint.tensors import pack
from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.config import dump_yaml
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays
from spacenit_evals.benchmarks.labelled_rasters.dates import DateCut
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations, read_windows
from spacenit_evals.checkpoint import load_run
from spacenit_evals.cli.subjects import results_folder
from spacenit_evals.embedders.token_embedder import TokenEmbedder

from .conftest import CRS, LEFT, TOP, write_raster

SENSORS = ("sentinel1", "worldcover")
SIDE, STEPS = 16, 20


@pytest.fixture(scope="module")
def long_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four samples of 20 months in a row; the west half of the last has no pixel. Rows of the set take turns."""
    rng = np.random.default_rng(0)
    writer = H5SetWriter(tmp_path_factory.mktemp("long"), SENSORS, count=4, tile_size=SIDE)
    for index in range(4):
        radar = rng.normal(-14, 1, (SIDE, SIDE, STEPS, 2)) + 4.0 * (np.arange(SIDE) // 4 % 2)[:, None, None, None]
        if index == 3:
            radar[:, : SIDE // 2] = NODATA
        writer.write(
            index,
            SampleArrays(
                bands={
                    "sentinel1": radar.astype(np.float32),
                    "worldcover": np.full((SIDE, SIDE, 1, 1), 10, np.float32),
                },
                present={"sentinel1": np.ones(STEPS, bool)},
                timestamps=np.array([(1, step % 12, 2020 + step // 12) for step in range(STEPS)], dtype=np.int32),
                latlon=np.array([46.9, 15.0], dtype=np.float32),
                location=Location(CRS, LEFT + 10 * SIDE * (index % 2), TOP - 10 * SIDE * (index // 2), 10.0),
            ),
        )
    return writer.finish()


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory, long_set: Path) -> Path:
    """A run whose name begins like that of a checkpoint, and whose encoder attends to what fills a batch."""
    folder = tmp_path_factory.mktemp("runs") / "step5"
    encoder = OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2, mask_missing=False)
    model = LatentMIMConfig(encoder=encoder, decoder=PredictorConfig(embedding_size=16, depth=1, num_heads=2))
    config = {
        "run_name": "step5",
        "sensors": list(SENSORS),
        "model": model,
        "dataset": {"type": "h5_tiles", "h5py_dir": str(long_set)},
        "train_module": {"masking": {"type": "random"}},
    }
    torch.manual_seed(0)
    state = pack(model.build(SensorSet.of(SENSORS)).state_dict())
    checkpoint.write(folder, 3, {"model.safetensors": state, "config.yaml": dump_yaml(config).encode()})
    return folder


@pytest.fixture(scope="module")
def stripes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    codes = np.broadcast_to((np.arange(2 * SIDE) // 4 % 2 + 1)[:, None], (2 * SIDE, 2 * SIDE)).astype(np.uint8)
    thinned = np.where(np.indices(codes.shape).sum(0) % 2 == 0, codes, 0).astype(np.uint8)
    return write_raster(tmp_path_factory.mktemp("labels") / "stripes.tif", thinned)


def evaluated(run: Path, stripes: Path, out: Path, *words: str) -> dict[str, object]:
    command = ["evaluate", str(run), "--labels", str(stripes), "--window", "2", "--patch-size", "2", "--block", "80"]
    command += ["--probe", "knn", "--baseline", "raw_pixels", "--draws", "1"]
    assert spacenit_run([*command, "--out", str(out), *words]) == 0
    facts: dict[str, object] = json.loads((out / "results.json").read_text())["facts"]
    return facts


def test_a_report_says_what_was_cut_and_left_out(
    run_folder: Path, stripes: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    facts = evaluated(run_folder, stripes, tmp_path)
    assert facts["dates"] == "the last 12 of up to 20 dates, in 4 samples"
    # Windows that begin in the last empty column hold no whole patch either.
    empty = SIDE // 2 * (SIDE // 2 + 1)
    assert facts["points_without_pixels"] == empty
    assert facts["points"] == 2 * SIDE * SIDE - empty
    assert str(facts["mask_missing"]).startswith("true")
    assert facts["sensors"] == ["sentinel1"]
    text = (tmp_path / "results.md").read_text()
    assert "12 of up to 20 dates" in text and f"points_without_pixels: {empty}" in text
    shown = " ".join(capfd.readouterr().out.split())
    assert f"hold no whole patch of pixels: {empty}." in shown and "No inputs: worldcover: the encoder saw" in shown


def test_maps_are_inputs_where_they_are_named(run_folder: Path, stripes: Path, tmp_path: Path) -> None:
    words = ("--sensor", "worldcover", "--sensor", "sentinel1", "--dates", "spread")
    facts = evaluated(run_folder, stripes, tmp_path, *words)
    assert facts["sensors"] == ["sentinel1", "worldcover"]
    assert str(facts["dates"]).startswith("evenly spread 12 of")
    assert facts["points"] == 2 * SIDE * SIDE


def test_features_do_not_depend_on_the_batch(run_folder: Path, long_set: Path) -> None:
    trained = load_run(run_folder)
    assert trained.filled and trained.encoder.config.mask_missing is True  # type: ignore[attr-defined]
    dataset = H5Tiles(h5py_dir=long_set, training_modalities=SENSORS)
    windows = WindowLocations(sample=np.array([0, 3, 3]), row=np.zeros(3, int), column=np.array([0, 6, 8]), cells=4)
    inputs = ModelInputs(sensors=dataset.sensors, patch_size=2)

    def embedded(embedder: TokenEmbedder, size: int) -> np.ndarray:
        read = read_windows(dataset, windows, batch_size=size, cut=DateCut(12))
        return np.concatenate([embedder.pooled(samples) for _, samples in read])

    one, all_ = (embedded(TokenEmbedder(trained.encoder, inputs), size) for size in (1, 3))
    np.testing.assert_allclose(one, all_, atol=1e-5)
    # Half of the second window is missing: an encoder that attends to what fills it up gives another vector.
    filling = trained.config.encoder  # type: ignore[attr-defined]
    other = evolve(filling, mask_missing=False).build(trained.sensors)
    other.load_state_dict(trained.encoder.state_dict())
    assert np.abs(embedded(TokenEmbedder(other, inputs), 3) - all_)[1].max() > 1e-3


def test_results_go_into_the_run_whatever_its_name(run_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newest = run_folder / "step3"
    assert results_folder(run_folder, newest) == run_folder / "evaluation"
    assert results_folder(newest, newest) == run_folder / "evaluation" / "step3"
    monkeypatch.chdir(newest)
    assert results_folder(Path("."), Path(".")) == run_folder / "evaluation" / "step3"


def test_a_mask_of_two_codes_with_names_is_reported(
    run_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    codes = np.broadcast_to((np.arange(2 * SIDE) // 4 % 2)[:, None], (2 * SIDE, 2 * SIDE)).astype(np.uint8)
    mask = write_raster(tmp_path / "mask.tif", codes, nodata=None)
    mask.with_suffix(".clr").write_text("0 0 0 0 land\n1 0 0 255 water\n")
    assert spacenit_run(["evaluate", str(run_folder), "--labels", str(mask), "--out", str(tmp_path)]) == 2
    assert "0 of a raster means" in (said := capfd.readouterr().err) and "to ignore none (--ignore none)" in said
    facts = evaluated(run_folder, mask, tmp_path, "--ignore", "none", "--max-points", "300")
    assert facts["class_names"] == ["0 land", "1 water"] and facts["classes"] == [0, 1]
    assert facts["points_drawn"] == f"300 of {4 * SIDE * SIDE} labelled points, at random"
    assert "0 land, 1 water" in (tmp_path / "results.md").read_text()


def test_a_class_without_pixels_leaves_the_others_their_codes(run_folder: Path, stripes: Path, tmp_path: Path) -> None:
    with rasterio.open(stripes) as file:
        codes = 10 * file.read(1)
    # The middle of the empty half of the last sample.
    codes[SIDE + 4 : SIDE + 12, SIDE + 2 : SIDE + 6] = 5
    facts = evaluated(run_folder, write_raster(tmp_path / "five.tif", codes), tmp_path)
    assert facts["classes"] == [10, 20]
    scores = json.loads((tmp_path / "results.json").read_text())["scores"]
    assert all(list(score["recall"]) == ["10", "20"] for score in scores)
    assert facts["classes_without_pixels"] == [5]


def test_windows_without_pixels_cannot_be_all_of_a_class_or_of_the_labels(
    run_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    codes = np.zeros((2 * SIDE, 2 * SIDE), np.uint8)
    codes[SIDE + 4 : SIDE + 12, SIDE + 2 : SIDE + 6] = np.arange(1, 5)
    command = ["evaluate", str(run_folder), "--window", "2", "--patch-size", "2", "--block", "40", "--out"]
    command += [str(tmp_path), "--labels"]
    assert spacenit_run([*command, str(write_raster(tmp_path / "none.tif", codes))]) == 2
    assert "of the labelled windows 0 hold pixels, none at all" in " ".join(capfd.readouterr().err.split())
    codes[:SIDE] = 7
    assert spacenit_run([*command, str(write_raster(tmp_path / "one.tif", codes))]) == 2
    assert f"{2 * SIDE * SIDE} hold pixels, all of the class 7" in " ".join(capfd.readouterr().err.split())


def test_a_sensor_that_the_set_lacks_is_no_input(
    run_folder: Path, h5py_dir: Path, labels: Path, tmp_path: Path
) -> None:
    words = ("--h5py_dir", str(h5py_dir), "--sensor", "worldcover", "--sensor", "sentinel1")
    facts = evaluated(run_folder, labels, tmp_path, *words)
    assert facts["sensors"] == ["sentinel1"]
    assert facts["inputs_absent"] == "worldcover: no labelled window holds any of their pixels"

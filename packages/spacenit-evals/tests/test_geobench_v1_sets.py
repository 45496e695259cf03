"""All twelve sets of GEO-Bench v1 from tiny files: bands, units, dates, labels, and what their publisher got wrong."""

import json
import pickle  # noqa: TID251  (written as the publisher does)
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS, Benchmark
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, MeanStd
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.geobench_v1.inert_arrays import plain
from spacenit_evals.benchmarks.geobench_v1.inert_pickle import Record, read_pickle
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.protocols.knn import KNN

from .geobench_files import write_sample
from .geobench_v1_sets import DAYS, LAYOUTS, SIZE, label_of, write_layout

S2 = "sentinel2_l2a"
MODEL = ModelInputs(sensors=SensorSet.of([S2, "landsat"]), patch_size=4)


def entry(name: str) -> str:
    return name.replace("-", "_").lower()


def opened(root: Path, name: str, takes: ModelInputs | None = MODEL, **settings: Any) -> Benchmark:
    if not any(root.glob(f"*/{name}")):
        write_layout(root, name)
    config = BENCHMARKS.get(entry(name))(folder=root, **settings)
    inputs = ModelInputs(sensors=config.offers(), patch_size=4) if takes is None else takes
    benchmark: Benchmark = build(config, inputs)
    return benchmark


def samples_of(benchmark: Benchmark) -> list[SampleWindow]:
    return [sample for _, samples in benchmark.samples() for sample in samples]


def band(benchmark: Benchmark, sample: SampleWindow, name: str) -> float:
    """The one level of a band."""
    (spec,) = benchmark.inputs.sensors
    pixels = sample.bands[spec.name][..., spec.bands.index(name)]
    assert pixels.shape == (SIZE, SIZE, 1) and (pixels == pixels[0, 0, 0]).all()
    return float(pixels[0, 0, 0])


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_set_is_opened_for_models_and_for_anyone(name: str, tmp_path: Path) -> None:
    layout = LAYOUTS[name]
    for takes in (MODEL, None):
        benchmark = opened(tmp_path, name, takes)
        facts, ((split,),) = benchmark.facts, benchmark.draws
        assert facts.task == layout.task and facts.version.startswith("1, corrected, ")
        assert [side.sum() for side in (split.train, split.validation, split.test)] == [3, 1, 2]
        assert facts.dates == ((str(DAYS[0]), str(DAYS[-1])) if layout.dated else None)
        assert facts.dates_invented == (not layout.dated) == ("dates" in benchmark.remarks())
        sample = samples_of(benchmark)[3]
        day = DAYS[3]
        assert sample.timestamps.tolist() == ([[day.day, day.month - 1, day.year]] if layout.dated else [[1, 6, 2020]])
        assert np.isfinite(sample.bands[benchmark.inputs.sensors.names[0]]).all()
    published = opened(tmp_path, name, None, variant="as_published")
    assert len(published.facts.classes) == layout.classes


@pytest.mark.parametrize("name", LAYOUTS)
def test_labels_are_the_stored_ones(name: str, tmp_path: Path) -> None:
    layout, benchmark = LAYOUTS[name], opened(tmp_path, name, None)
    codes = np.array(benchmark.facts.codes)
    for number in range(6):
        found, stored = benchmark.labels[np.array([number])][0], label_of(layout, number)
        if layout.task == "segmentation":
            np.testing.assert_array_equal(codes[found][found != -1], stored[found != -1])
            assert set(np.unique(stored[found == -1])) == set(range(layout.classes)) - set(codes.tolist())
        else:
            np.testing.assert_array_equal(found, stored)


@pytest.mark.parametrize(("name", "without"), [("m-SA-crop-type", 0), ("m-cashew-plant", 0), ("m-chesapeake", 6)])
def test_pixels_without_data_do_not_count_unless_as_published(name: str, without: int, tmp_path: Path) -> None:
    corrected, published = (opened(tmp_path, name, variant=variant) for variant in ("corrected", "as_published"))
    stored = label_of(LAYOUTS[name], 0)
    np.testing.assert_array_equal(corrected.labels[np.array([0])][0] == -1, stored == without)
    np.testing.assert_array_equal(published.labels[np.array([0])][0], stored)
    assert set(published.facts.classes) - set(corrected.facts.classes) == {published.facts.classes[without]}
    assert corrected.facts.version != published.facts.version


def test_channels_of_brick_kilns_hold_other_bands_than_they_are_named(tmp_path: Path) -> None:
    channels = ("B01", "B02", "B03", "B04", "B05", "B07", "B8A", "B08", "B11", "B12")
    corrected, published = (opened(tmp_path, "m-brick-kiln", variant=one) for one in ("corrected", "as_published"))
    sample = samples_of(corrected)[0]
    assert [band(corrected, sample, name) for name in channels] == [10.0 * (place + 1) for place in range(10)]
    assert band(corrected, sample, "B06") == band(corrected, sample, "B09") == NODATA
    assert corrected.remarks()["bands_absent"] == "B06, B09"
    named = samples_of(published)[0]
    assert [band(published, named, name) for name in ("B06", "B09", "B12")] == [60.0, 100.0, 130.0]


def test_numbers_of_eight_bits_are_given_by_the_statistics_of_the_set(tmp_path: Path) -> None:
    for name, held in (("m-SA-crop-type", "B02"), ("m-forestnet", "B4"), ("m-pv4ger", "B04"), ("m-chesapeake", "B08")):
        benchmark = opened(tmp_path, name)
        (spec,) = benchmark.inputs.sensors
        assert isinstance(spec.normalization, MeanStd)
        values = [band(benchmark, sample, held) for sample in samples_of(benchmark)]
        place = spec.bands.index(held)
        normal = (np.array(values) - spec.normalization.mean[place]) / spec.normalization.std[place]
        np.testing.assert_allclose(normal, (np.arange(6) - 1) / 2.0, atol=1e-4)
        assert benchmark.setup()["statistics"] == "dataset" and "statistics" in benchmark.remarks()
        with pytest.raises(UserError, match=r"the statistics that a model was trained with do not fit its numbers"):
            opened(tmp_path, name, statistics="model")


def test_a_statistic_that_is_not_stated_is_an_error_and_not_replaced(tmp_path: Path) -> None:
    folder = write_layout(tmp_path, "m-forestnet")
    stated = json.loads((folder / "band_stats.json").read_text())
    del stated["05 - NIR"]
    (folder / "band_stats.json").write_text(json.dumps(stated))
    with pytest.raises(DataError, match=r"band_stats.json does not state the mean and deviation of all bands"):
        opened(tmp_path, "m-forestnet")
    stated["05 - NIR"] = {"mean": 40.0, "std": 0.0}
    (folder / "band_stats.json").write_text(json.dumps(stated))
    with pytest.raises(DataError, match=r"states no mean and deviation of B5, by which it would be given as B5"):
        opened(tmp_path, "m-forestnet")
    dated = {f"{name}_2013-01-0{day}": {"mean": 10.0 * day, "std": 1.0} for name in stated for day in (1, 3)}
    (folder / "band_stats.json").write_text(json.dumps(dated))
    opened(tmp_path, "m-forestnet")


def test_reflectance_of_the_sets_own_statistics_is_a_choice(tmp_path: Path) -> None:
    own = opened(tmp_path, "m-bigearthnet")
    assert [band(own, sample, "B02") for sample in samples_of(own)[:3]] == [20.0, 21.0, 22.0]
    by_set = opened(tmp_path, "m-bigearthnet", statistics="dataset")
    (spec,) = by_set.inputs.sensors
    assert isinstance(spec.normalization, MeanStd)
    place = spec.bands.index("B02")
    assert band(by_set, samples_of(by_set)[1], "B02") == pytest.approx(spec.normalization.mean[place], rel=1e-6)


def test_groups_are_blocks_of_ground_or_places(tmp_path: Path) -> None:
    pairs, own = [0, 0, 1, 1, 2, 2], list(range(6))
    for name in LAYOUTS:
        benchmark = opened(tmp_path, name, None)
        corners, ground = LAYOUTS[name].corners, "5000 m of ground"
        assert benchmark.groups.tolist() == (pairs if corners else own), name
        assert benchmark.facts.group == {"": "", "scene": "place", "metres": ground, "degrees": ground}[corners]


def test_ground_size_of_cashew_is_ten_metres(tmp_path: Path) -> None:
    assert opened(tmp_path, "m-cashew-plant").facts.ground_size == 10.0
    assert opened(tmp_path, "m-cashew-plant", variant="as_published").facts.ground_size == 0.5


@pytest.mark.parametrize(
    ("name", "label", "text"),
    [
        ("m-bigearthnet", np.ones(42, np.int64), "not a 0 or 1 for each of 43 classes"),
        ("m-bigearthnet", np.full(43, 2), "not a 0 or 1 for each of 43 classes"),
        ("m-bigearthnet", np.array([1, None], dtype=object), "not a 0 or 1 for each of 43 classes"),
        ("m-eurosat", np.int64(10), "has the label 10, and the classes are 0 to 9"),
        ("m-nz-cattle", np.full((SIZE, SIZE), 2, np.uint8), "has labels from 2 to 2, and the classes are 0 to 1"),
        ("m-nz-cattle", np.full((SIZE, 8), 1, np.uint8), r"has labels of \(16, 8\) pixels, and others"),
        ("m-nz-cattle", np.full((SIZE, SIZE), 0.5), "its labels are no whole numbers"),
    ],
)
def test_labels_of_another_kind_are_errors(name: str, label: Any, text: str, tmp_path: Path) -> None:
    folder = write_layout(tmp_path, name)
    bands = {key: np.ones((SIZE, SIZE), np.int16) for key in LAYOUTS[name].bands}
    write_sample(folder / "b.hdf5", bands, label, day=DAYS[1] if LAYOUTS[name].dated else None)
    with pytest.raises(DataError, match=text):
        opened(tmp_path, name, None)


def test_images_of_several_days_in_one_sample_are_an_error(tmp_path: Path) -> None:
    folder = write_layout(tmp_path, "m-forestnet")
    with h5py.File(folder / "c.hdf5", "a") as file:
        file["02 - Blue_1999-01-01"] = np.ones((SIZE, SIZE), np.uint8)
    with pytest.raises(DataError, match=r"c.hdf5 has images of 2 days"):
        opened(tmp_path, "m-forestnet")


def test_arrays_are_read_from_pickles_without_numpy(tmp_path: Path) -> None:
    for value in (np.arange(6).reshape(2, 3), np.array([True, False]), np.float32(2.5), np.int64(-3), np.zeros((0, 2))):
        found = plain(read_pickle(pickle.dumps(value, protocol=4), "a sample"))
        np.testing.assert_array_equal(found, value)
        assert isinstance(found, int | float) or found.dtype == value.dtype
    for refused in (np.array([{}], dtype=object), np.array(["a"]), np.zeros(2, dtype="M8[D]")):
        assert isinstance(plain(read_pickle(pickle.dumps(refused, protocol=4), "a sample")), Record)
    short = pickle.dumps(np.arange(3, dtype=np.int8), protocol=4).replace(b"\x00\x01\x02", b"\x00\x01\x03")
    assert plain(read_pickle(short, "a sample")).tolist() == [0, 1, 3]


def test_it_is_evaluated_without_a_model(tmp_path: Path) -> None:
    benchmark = BENCHMARKS.get("m_pv4ger")(folder=tmp_path)
    write_layout(tmp_path, "m-pv4ger")
    report = evaluate(ImageStatistics(), benchmark, KNN(k=1))
    assert report.facts["sensors"] == ["aerial_rgb_10cm"] and report.facts["variant"] == "corrected"


def test_samples_say_where_they_lie_where_that_is_known(tmp_path: Path) -> None:
    (lat, lon), *_ = (sample.latlon for sample in samples_of(opened(tmp_path, "m-forestnet", None)))
    # The corner is in degrees, and pixels go by tens of them.
    assert np.isfinite([lat, lon]).all() and lon > 7.0 and lat < 50.0
    for name in ("m-nz-cattle", "m-SA-crop-type", "m-chesapeake"):
        assert all(np.isnan(sample.latlon).all() for sample in samples_of(opened(tmp_path, name, None)))


def test_bands_are_filled_where_that_is_wanted(tmp_path: Path) -> None:
    benchmark = opened(tmp_path, "m-forestnet", absent_bands="filled")
    assert benchmark.remarks()["bands_filled"] == "B1 from B2, B9 from B6, B10 from B7, B11 from B7"
    assert all(band(benchmark, sample, "B1") != NODATA for sample in samples_of(benchmark))
    assert benchmark.remarks()["bands_absent"] == "B8"

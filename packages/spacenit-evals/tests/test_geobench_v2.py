"""Sets of GEO-Bench v2 from tiny containers: bands, units, dates, labels, and what their publisher got wrong."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS, Benchmark
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, MeanStd
from spacenit_evals.benchmarks.geobench_v2.bands import BY_RESOLUTION, SPECTRAL, TEN
from spacenit_evals.embedders.token_embedder import TokenEmbedder

from .geobench_v2_sets import SETS, SIZE
from .tortilla_files import Stored, levels, write_parts

S2, S1 = "sentinel2_l2a", "sentinel1"
MODEL = ModelInputs(sensors=SensorSet.of([S2, S1]), patch_size=4, max_timesteps=12)


def opened(folder: Path, slug: str, takes: ModelInputs | None = MODEL, parts: int = 1, **settings: Any) -> Benchmark:
    if not (folder / slug).exists():
        write_parts(folder, slug, [SETS[slug](number) for number in range(6)], parts)
    config = BENCHMARKS.get(f"gb2_{slug}")(folder=folder, **settings)
    inputs = ModelInputs(sensors=config.offers(), patch_size=4) if takes is None else takes
    benchmark: Benchmark = build(config, inputs)
    return benchmark


def samples_of(benchmark: Benchmark) -> list[SampleWindow]:
    return [sample for _, samples in benchmark.samples() for sample in samples]


def band(benchmark: Benchmark, sample: SampleWindow, sensor: str, name: str) -> np.ndarray:
    """One band ``[T, H, W]``."""
    pixels = sample.bands[sensor][..., benchmark.inputs.sensors[sensor].bands.index(name)]
    return np.moveaxis(pixels, -1, 0)


@pytest.mark.parametrize("slug", SETS)
def test_every_set_is_opened_for_models_and_for_anyone(slug: str, tmp_path: Path) -> None:
    for takes in (MODEL, None):
        benchmark = opened(tmp_path, slug, takes)
        facts, ((split,),) = benchmark.facts, benchmark.draws
        assert facts.task == BENCHMARKS.get(f"gb2_{slug}").predicts and facts.version.startswith("2, corrected, ")
        held = np.concatenate([benchmark.holds(samples) for _, samples in benchmark.samples()])
        settled = benchmark.settled(held)
        ((split,),) = settled.draws
        assert (split.train.sum(), split.test.sum()) == (held[:3].any(axis=1).sum(), 2) and split.validation is not None
        for sample in samples_of(settled):
            for spec in settled.inputs.sensors:
                pixels, steps = sample.bands[spec.name], sample.present[spec.name]
                assert pixels.shape[2:] == (steps.sum(), len(spec.bands)) and np.isfinite(pixels).all()
                assert len(steps) == len(sample.timestamps) and (pixels != NODATA).any()
        if facts.task == "segmentation":
            maps = settled.labels[np.arange(len(settled.numbers))]
            assert maps.dtype == np.int16 and set(np.unique(maps)) - {-1} == set(range(len(facts.classes)))


OPTICAL = {
    "benv2": SPECTRAL,
    "burn_scars": ("B02", "B03", "B04", "B8A", "B11", "B12"),
    "cloudsen12": SPECTRAL,
    "dynamic_earthnet": BY_RESOLUTION,
    "fotw": ("B04", "B03", "B02", "B08"),
    "treesatai": BY_RESOLUTION,
    "biomassters": TEN,
}
"""The order in which the publisher stores bands."""


@pytest.mark.parametrize(("slug", "order"), OPTICAL.items())
def test_bands_go_where_their_names_say(slug: str, order: tuple[str, ...], tmp_path: Path) -> None:
    benchmark = opened(tmp_path, slug)
    sample = samples_of(benchmark)[1]
    for channel, name in enumerate(order):
        assert band(benchmark, sample, S2, name) == pytest.approx(10 * (channel + 1) + 1)
    absent = [name for name in benchmark.inputs.sensors[S2].bands if name not in order]
    assert all((band(benchmark, sample, S2, name) == NODATA).all() for name in absent)
    assert absent == str(benchmark.remarks().get("bands_absent", "")).split(", ") or not absent


@pytest.mark.parametrize(
    ("slug", "stored"),
    [
        ("flair2", {"B04": 10, "B03": 20, "B02": 30, "B08": 40}),
        ("spacenet7", {"B04": 10, "B03": 20, "B02": 30}),
        ("spacenet2", {"B01": 10, "B02": 20, "B03": 30, "B04": 50, "B06": 60, "B08": 70}),
    ],
)
def test_colours_stand_for_the_bands_of_their_wavelengths(slug: str, stored: dict[str, int], tmp_path: Path) -> None:
    """Others put the first channel, red, into the first slot, blue."""
    benchmark = opened(tmp_path, slug)
    samples, spec = samples_of(benchmark), benchmark.inputs.sensors[S2]
    assert isinstance(spec.normalization, MeanStd)
    shift = {"flair2": 1, "spacenet7": 3, "spacenet2": 3}[slug]
    mean, deviation = shift * 1.0, shift * np.std([0, 1, 2])
    for name in spec.bands:
        values = [float(band(benchmark, sample, S2, name).mean()) for sample in samples]
        if name not in stored:
            assert set(values) == {NODATA}
            continue
        place = spec.bands.index(name)
        # Normalised by the model, values are what they are by the statistics of the three training samples.
        normal = [(value - spec.normalization.mean[place]) / spec.normalization.std[place] for value in values]
        expected = [(shift * number - mean) / deviation for number in range(6)]
        np.testing.assert_allclose(normal, expected, atol=1e-4)
    assert "by its means and deviations" in str(benchmark.remarks()["statistics"])
    own = opened(tmp_path, slug, None)
    first = samples_of(own)[0].bands[own.inputs.sensors.names[0]]
    assert first[0, 0, 0, :3].tolist() == [10, 20, 30]


def test_a_models_own_statistics_are_refused_for_numbers_without_unit(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"does not hold reflectance x 10,000 as sentinel2_l2a does.*\n.*=dataset"):
        opened(tmp_path, "flair2", statistics="model")
    opened(tmp_path, "flair2", None, statistics="model")
    with pytest.raises(UserError, match="gb2_flair2 holds flair_aerial or sentinel2_l2a or sentinel2, and the model"):
        opened(tmp_path, "flair2", ModelInputs(sensors=SensorSet.of(["landsat"]), patch_size=4))


def test_polarisations_are_put_right(tmp_path: Path) -> None:
    found = {variant: opened(tmp_path, "benv2", variant=variant) for variant in ("corrected", "as_published")}
    levels_of = {
        variant: [float(band(one, samples_of(one)[0], S1, name).mean()) for name in ("vv", "vh")]
        for variant, one in found.items()
    }
    assert levels_of == {"corrected": [-16.0, -8.0], "as_published": [-8.0, -16.0]}
    assert found["corrected"].facts.version != found["as_published"].facts.version
    assert samples_of(found["corrected"])[0].timestamps.tolist() == [[29, 4, 2018]]
    assert found["corrected"].labels[1].nonzero()[0].tolist() == [4, 18]


def test_wrapped_decibels_are_unwrapped_and_cells_are_those_of_ten_metres(tmp_path: Path) -> None:
    benchmark = opened(tmp_path, "treesatai")
    sample = samples_of(benchmark)[2]
    assert sample.bands[S2].shape == (6, 6, 1, 12) and benchmark.inputs.patch_size == 3
    assert (band(benchmark, sample, S1, "vv") == -9).all() and (band(benchmark, sample, S1, "vh") == -14).all()
    published = opened(tmp_path, "treesatai", variant="as_published")
    assert (band(published, samples_of(published)[2], S1, "vv") == 65_527).all()
    assert benchmark.facts.dates_invented and "none in the data" in str(benchmark.remarks()["dates"])


def test_species_that_are_no_class_are_an_error_and_not_dropped(tmp_path: Path) -> None:
    samples = [SETS["treesatai"](number) for number in range(6)]
    facts = dict(samples[2].facts) | {"species_labels": ["Picea", "Sorbus"]}
    samples[2] = Stored(samples[2].name, samples[2].content, "train", facts)
    write_parts(tmp_path, "treesatai", samples)
    with pytest.raises(DataError, match="sample_2 has the label 'Sorbus', which is no class of treesatai"):
        opened(tmp_path, "treesatai")


def test_pixels_without_data_are_a_class_as_published_alone(tmp_path: Path) -> None:
    for slug, count in (("caffe", 3), ("kuro_siwo", 3), ("pastis", 19)):
        corrected, published = (opened(tmp_path, slug, variant=variant) for variant in ("corrected", "as_published"))
        assert (len(corrected.facts.classes), len(published.facts.classes)) == (count, count + 1)
        ours, theirs = (one.labels[np.arange(6)] for one in (corrected, published))
        assert (ours == -1).any() and not (theirs == -1).any()
        without = published.facts.classes.index({"caffe": "not known", "kuro_siwo": "no data", "pastis": "void"}[slug])
        np.testing.assert_array_equal(ours == -1, theirs == without)
        names = np.array([*corrected.facts.classes, "-"]), np.array(published.facts.classes)
        np.testing.assert_array_equal(names[0][ours][ours != -1], names[1][theirs][ours != -1])


def test_linear_power_becomes_decibels_where_it_is_valid(tmp_path: Path) -> None:
    takes = ModelInputs(sensors=SensorSet.of([S1, "srtm"]), patch_size=4, max_timesteps=12)
    benchmark = opened(tmp_path, "kuro_siwo", takes)
    sample = samples_of(benchmark)[1]
    radar, height = band(benchmark, sample, S1, "vv"), band(benchmark, sample, "srtm", "srtm")
    expected = 10 * np.log10([0.01, 0.02, 0.03])
    np.testing.assert_allclose(radar[:, 1:], np.broadcast_to(expected[:, None, None], (3, SIZE - 1, SIZE)), rtol=1e-5)
    assert (radar[:, 0] == NODATA).all()
    assert (height[0, :2] == NODATA).all() and (height[0, 2:] == 11).all()
    assert sample.timestamps.tolist() == [[31, 0, 2020], [12, 1, 2020], [24, 1, 2020]]
    assert sample.present["srtm"].tolist() == [False, False, True] and benchmark.facts.dates_invented


def test_series_keep_the_dates_of_each_sensor(tmp_path: Path) -> None:
    benchmark = opened(tmp_path, "pastis")
    sample = samples_of(benchmark)[0]
    assert sample.timestamps.tolist() == [[15, 8, 2018], [15, 9, 2018], [15, 10, 2018]]
    assert sample.present[S2].tolist() == [True, True, False] and sample.present[S1].tolist() == [False, True, True]
    assert band(benchmark, sample, S2, "B02")[:, 0, 0].tolist() == [11.0, 50.0]
    # October: two ascending images (-6, -5) and a descending one (-4); November: the other descending one.
    assert band(benchmark, sample, S1, "vv")[:, 0, 0].tolist() == [-5.0, -3.0]


def test_months_of_biomass_and_passes_of_radar(tmp_path: Path) -> None:
    benchmark = opened(tmp_path, "biomassters", parts=3)
    sample = samples_of(benchmark)[0]
    assert sample.timestamps.tolist() == [[15, 8, 2019], [15, 9, 2019], [15, 0, 2020], [15, 7, 2020]]
    assert sample.present[S2].tolist() == [False, True, True, True] and sample.present[S1].all()
    radar = band(benchmark, sample, S1, "vv")[0, 0]
    assert radar[: SIZE // 2].tolist() == [-4.0] * 8 and radar[SIZE // 2 :].tolist() == [-8.0] * 8
    assert benchmark.facts.unit == "t/ha" and benchmark.labels.dtype == np.float32
    assert benchmark.labels[np.array([0])].max() == 200 and not benchmark.facts.dates_invented


def test_samples_without_the_sensor_are_left_out(tmp_path: Path) -> None:
    benchmark = opened(tmp_path, "dynamic_earthnet", ModelInputs(sensors=SensorSet.of([S2]), patch_size=4))
    held = np.concatenate([benchmark.holds(samples) for _, samples in benchmark.samples()])
    settled = benchmark.settled(held)
    assert settled.numbers.tolist() == [0, 1, 3, 4, 5] and len(settled.groups) == 5
    np.testing.assert_array_equal(settled.labels[np.array([2])], benchmark.labels[np.array([3])])
    ((numbers, samples),) = settled.samples(np.array([5, 3]))
    assert [sample.index for sample in samples] == numbers.tolist() == [5, 3]
    published = opened(tmp_path, "dynamic_earthnet", variant="as_published")
    assert (band(published, samples_of(published)[0], S2, "B04") == 40).all()
    assert (band(settled, samples_of(settled)[0], S2, "B08") == 40).all()
    planet = opened(tmp_path, "dynamic_earthnet", None, sensors=("planetscope",))
    assert samples_of(planet)[0].timestamps[:, 0].tolist() == [1, 2, 3]


def test_a_share_of_the_training_samples_is_honoured(tmp_path: Path) -> None:
    whole = opened(tmp_path, "benv2").draws[0][0]
    parts = [opened(tmp_path, "benv2", train_share=share).draws[0][0] for share in (1 / 3, 2 / 3)]
    assert [part.train.sum() for part in parts] == [1, 2] and (parts[0].train <= parts[1].train).all()
    assert (parts[1].train <= whole.train).all() and (parts[0].test == whole.test).all()
    assert opened(tmp_path, "benv2", train_share=1 / 3).setup()["train_share"] == 1 / 3
    with pytest.raises(UserError, match=r"0.01 of 3 training samples are 0"):
        opened(tmp_path, "benv2", train_share=0.01)


def test_groups_are_blocks_of_ground(tmp_path: Path) -> None:
    assert opened(tmp_path, "benv2").groups.tolist() == [0, 0, 1, 1, 2, 2]
    assert opened(tmp_path, "benv2", block=50_000.0).groups.tolist() == [0] * 6
    assert opened(tmp_path, "burn_scars").groups.tolist() == list(range(6))
    alone = opened(tmp_path, "biomassters")
    assert alone.groups.tolist() == list(range(6)) and alone.facts.group == ""


@pytest.mark.parametrize(
    ("slug", "files", "text"),
    [
        ("cloudsen12", [Stored("s2l2a", levels(13, SIZE, np.uint16))], "it has 13 bands, not 14"),
        ("caffe", [Stored("mask", levels(1, SIZE, np.uint8))], "has no img"),
        ("fotw", [Stored("win_a", levels(4, SIZE, np.uint16))], "has no semantic_3class_mask"),
    ],
)
def test_samples_of_another_layout_are_named(slug: str, files: list[Stored], text: str, tmp_path: Path) -> None:
    samples = [SETS[slug](number) for number in range(6)]
    rest = samples[0].content[1:] if slug == "cloudsen12" else []
    write_parts(tmp_path, slug, [Stored("odd", [*files, *rest], "train"), *samples[1:]])
    with pytest.raises(DataError, match=text):
        opened(tmp_path, slug, ModelInputs(sensors=SensorSet.of([S2, S1]), patch_size=4))


def test_labels_out_of_range_and_odd_splits_are_errors(tmp_path: Path) -> None:
    samples = [SETS["cloudsen12"](number) for number in range(6)]
    odd = [samples[0].content[0], Stored("target", np.full((1, SIZE, SIZE), 9, np.uint8))]
    write_parts(tmp_path / "a", "cloudsen12", [Stored("odd", odd, "train"), *samples[1:]])
    with pytest.raises(DataError, match="odd has labels from 9 to 9, and the classes are 0 to 3"):
        opened(tmp_path / "a", "cloudsen12")
    write_parts(tmp_path / "b", "cloudsen12", [Stored("odd", samples[0].content, "holdout"), *samples[1:]])
    with pytest.raises(DataError, match="odd is in the split 'holdout'"):
        opened(tmp_path / "b", "cloudsen12")
    write_parts(tmp_path / "c", "cloudsen12", samples[:3])
    with pytest.raises(DataError, match="has nothing to train on or to test on"):
        opened(tmp_path / "c", "cloudsen12")


@pytest.mark.parametrize("name", ["gb2_everwatch", "gb2_nzcattle", "gb2_substation", "gb2_wind_turbine"])
def test_sets_of_boxes_are_listed_and_refused(name: str) -> None:
    config = BENCHMARKS.get(name)()
    with pytest.raises(UserError, match=f"{name} cannot be evaluated on: it holds boxes, and there is no protocol"):
        config.build(MODEL)
    with pytest.raises(UserError, match="object detection"):
        config.offers()


def encoded(benchmark: Benchmark) -> np.ndarray:
    """Vectors of an encoder that embeds bands in the groups of their resolution."""
    torch.manual_seed(0)
    config = OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2)
    return TokenEmbedder(config.build(MODEL.sensors), benchmark.inputs).pooled(samples_of(benchmark))


@pytest.mark.parametrize("slug", ["burn_scars", "caffe", "spacenet7"])
def test_what_an_encoder_cannot_see_is_no_number_unless_bands_are_filled(slug: str, tmp_path: Path) -> None:
    """None of the groups that an encoder embeds together is whole: it would see the same in all images."""
    assert np.isnan(encoded(opened(tmp_path, slug))).all()
    filled = opened(tmp_path, slug, absent_bands="filled")
    vectors = encoded(filled)
    assert np.isfinite(vectors).all() and np.abs(vectors[0] - vectors[5]).max() > 1e-5
    assert filled.setup()["absent_bands"] == "filled" and " from " in str(filled.remarks()["bands_filled"])


def test_filled_bands_have_the_normalised_value_of_their_neighbour(tmp_path: Path) -> None:
    benchmark = opened(tmp_path, "burn_scars", absent_bands="filled")
    sample, spec = samples_of(benchmark)[0], benchmark.inputs.sensors[S2]
    assert benchmark.remarks()["bands_filled"] == "B08 from B04, B05 from B8A, B06 from B8A, B07 from B8A"
    assert benchmark.remarks()["bands_absent"] == "B01, B09"
    assert isinstance(spec.normalization, MeanStd)
    scale, offset = spec.normalization.scale_and_offset()
    near, red = (spec.bands.index(name) for name in ("B08", "B04"))
    ours, theirs = (float(band(benchmark, sample, S2, name).mean()) for name in ("B08", "B04"))
    assert ours * scale[near] + offset[near] == pytest.approx(theirs * scale[red] + offset[red], abs=1e-6)
    assert theirs == pytest.approx(30.0)

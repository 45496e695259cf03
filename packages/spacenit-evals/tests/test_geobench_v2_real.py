"""The publisher's own crops of seven sets of GEO-Bench v2."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from spacenit_core.contracts.build import build
from spacenit_core.kinds.benchmarks import BENCHMARKS, Benchmark
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.benchmarks.geobench_v2.container import read_index

S2, S1 = "sentinel2_l2a", "sentinel1"

FOUND = {
    "benv2": (9, (5, 2, 2), (120, 120)),
    "biomassters": (9, (5, 2, 2), (32, 32)),
    "caffe": (9, (5, 2, 2), (512, 512)),
    "dynamic_earthnet": (5, (3, 1, 1), (16, 16)),
    "flair2": (5, (3, 1, 1), (512, 512)),
    "pastis": (9, (5, 2, 2), (32, 32)),
    "treesatai": (9, (5, 2, 2), (6, 6)),
}
"""Samples, splits and cells as the files' own README and indices have them."""


@pytest.fixture
def folder(real_evals: Path) -> Path:
    return real_evals / "geobench_v2_tortilla"


def opened(folder: Path, slug: str, sensors: tuple[str, ...] = (S2, S1), **settings: Any) -> Benchmark:
    takes = ModelInputs(sensors=SensorSet.of(sensors), patch_size=4, max_timesteps=12)
    benchmark: Benchmark = build(BENCHMARKS.get(f"gb2_{slug}")(folder=folder, **settings), takes)
    return benchmark


def pixels_of(benchmark: Benchmark, sensor: str) -> list[np.ndarray]:
    return [sample.bands[sensor] for _, samples in benchmark.samples() for sample in samples]


@pytest.mark.parametrize("slug", FOUND)
def test_real_crops_are_read_whole(slug: str, folder: Path) -> None:
    benchmark = opened(folder, slug)
    count, sides, cells = FOUND[slug]
    ((split,),) = benchmark.draws
    assert len(benchmark.labels) == count and split.validation is not None
    assert (split.train.sum(), split.validation.sum(), split.test.sum()) == sides
    for _, samples in benchmark.samples():
        for sample in samples:
            assert sample.bands and all(pixels.shape[:2] == cells for pixels in sample.bands.values())
    if slug != "biomassters":
        assert len(np.unique(benchmark.groups)) == count, "the crops lie far from one another"


def test_radar_of_benv2_is_stored_the_other_way_round(folder: Path) -> None:
    first = read_index(folder / "benv2.tortilla")[0].items()[0]
    with rasterio.open(f"/vsisubfile/{first.start}_{first.length},{first.path}") as file:
        assert [round(float(band.mean()), 1) for band in file.read()] == [-29.8, -18.4]
    for variant, sign in (("corrected", 1), ("as_published", -1)):
        for pixels in pixels_of(opened(folder, "benv2", variant=variant), S1):
            vv, vh = pixels[..., 0].mean(), pixels[..., 1].mean()
            assert 5 <= sign * (vv - vh) <= 15, "VV lies above VH by 5 to 9 dB, over the sea by more"


def test_radar_of_treesatai_is_wrapped(folder: Path) -> None:
    published = pixels_of(opened(folder, "treesatai", variant="as_published"), S1)
    assert all(pixels[..., 0].max() > 60_000 for pixels in published)
    corrected = pixels_of(opened(folder, "treesatai"), S1)
    for pixels in corrected:
        there = pixels[pixels != NODATA]
        assert there.min() >= -30 and there.max() <= 10 and (there == there.round()).all()
    vv, vh = (
        np.mean([pixels[..., band][pixels[..., band] != NODATA].mean() for pixels in corrected]) for band in (0, 1)
    )
    assert vv > vh


def test_optical_bands_are_in_their_places(folder: Path) -> None:
    for slug in ("benv2", "treesatai", "pastis", "dynamic_earthnet"):
        benchmark = opened(folder, slug, (S2,))
        bands = benchmark.inputs.sensors[S2].bands
        ratios = []
        for pixels in pixels_of(benchmark, S2):
            near, narrow = (pixels[..., bands.index(name)].mean() for name in ("B08", "B8A"))
            ratios.append(narrow / near)
        # Over the sea of the first sample of benv2 both are nearly dark.
        assert min(ratios) >= 0.8 and max(ratios) <= 1.25, (slug, ratios)
    for variant, low, high in (("corrected", 0.5, 1.5), ("as_published", 3, 5)):
        named = opened(folder, "dynamic_earthnet", (S2,), variant=variant)
        bands = named.inputs.sensors[S2].bands
        red, green = (pixels_of(named, S2)[0][..., bands.index(name)].mean() for name in ("B04", "B03"))
        assert low < red / green < high, "as its publisher names the channels, fields are four times as red as green"


def test_labels_are_those_of_the_index_and_the_maps(folder: Path) -> None:
    facts, labels = opened(folder, "benv2").facts, opened(folder, "benv2").labels
    assert [facts.classes[label] for label in np.flatnonzero(labels[0])] == ["Marine waters"]
    genera = opened(folder, "treesatai")
    assert [genera.facts.classes[label] for label in np.flatnonzero(genera.labels[0])] == ["Fagus", "Picea"]
    glacier = opened(folder, "caffe")
    assert (glacier.labels[np.arange(9)] == -1).any() and glacier.labels[np.arange(9)].max() == 2
    biomass = opened(folder, "biomassters").labels[np.array([0])]
    assert biomass.max() == pytest.approx(291.485, abs=1e-3) and biomass.mean() == pytest.approx(127.37, abs=0.01)


def test_real_dates(folder: Path) -> None:
    ((_, samples),) = opened(folder, "benv2", (S2,)).samples()
    assert samples[0].timestamps.tolist() == [[29, 4, 2018]], "T115401 of 2018-05-29, as the name of the patch says"
    ((_, samples),) = opened(folder, "pastis").samples()
    assert samples[0].timestamps.tolist() == [[15, 8, 2018], [15, 9, 2018]]

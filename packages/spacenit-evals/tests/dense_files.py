"""What tests of images with labels share: GeoTIFFs, and what a model takes."""

import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


def write_tif(
    path: Path,
    bands: np.ndarray,
    *,
    crs: str | None = "EPSG:32633",
    corner: tuple[float, float] = (500_000.0, 5_200_000.0),
    pixel: float = 10.0,
    tags: dict[str, str] | None = None,
) -> Path:
    """A raster of ``[C, H, W]``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    profile = {"driver": "GTiff", "count": count, "height": height, "width": width, "dtype": bands.dtype}
    place = {} if crs is None else {"crs": crs, "transform": rasterio.Affine(pixel, 0, corner[0], 0, -pixel, corner[1])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile, **place, compress="deflate") as file:
            file.write(bands)
            file.update_tags(**(tags or {}))
    return path


def inputs(*sensors: str, patch_size: int = 4, max_timesteps: int | None = None) -> ModelInputs:
    """What a model takes."""
    return ModelInputs(sensors=SensorSet.of(sensors), patch_size=patch_size, max_timesteps=max_timesteps)


def all_samples(benchmark: LabelledSamples) -> list[SampleWindow]:
    """Every sample, read in batches of three."""
    read = [
        (number, sample)
        for numbers, samples in benchmark.samples(batch_size=3)
        for number, sample in zip(numbers.tolist(), samples, strict=True)
    ]
    assert [number for number, _ in read] == list(range(len(benchmark.labels)))
    return [sample for _, sample in read]


def band(sample: SampleWindow, sensor: str, name: str) -> np.ndarray:
    """One band of a sample ``[H, W, T]``."""
    return sample.bands[sensor][..., SensorSet.of([sensor])[sensor].bands.index(name)]


def assert_equal_samples(one: LabelledSamples, other: LabelledSamples, rtol: float = 0.0) -> None:
    """Same images, dates, labels and splits, in the same order."""
    for a, b in zip(all_samples(one), all_samples(other), strict=True):
        assert a.bands.keys() == b.bands.keys()
        for name in a.bands:
            np.testing.assert_allclose(a.bands[name], b.bands[name], rtol=rtol, atol=0)
            np.testing.assert_array_equal(a.present[name], b.present[name])
        np.testing.assert_array_equal(a.timestamps, b.timestamps)
    every = np.arange(len(one.labels))
    np.testing.assert_array_equal(one.labels[every], other.labels[every])
    ((mine,),), ((theirs,),) = one.draws, other.draws
    for side in ("train", "validation", "test"):
        np.testing.assert_array_equal(getattr(mine, side), getattr(theirs, side))

"""Rasters to tile, and what lies in the samples that are made of them."""

import datetime as dt
from pathlib import Path

import h5py
import numpy as np
import rasterio
from rasterio.transform import from_origin

from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.tile import RasterRequest

DAY = dt.date(2020, 3, 5)
OPTICAL = SensorSpec(
    name="optical",
    band_groups=(BandGroup(bands=("red", "nir"), gsd=10.0),),
    temporal=True,
    value_range=(-1e9, 1e9),
)
RADAR = SensorSpec(
    name="radar", band_groups=(BandGroup(bands=("vv",), gsd=10.0),), temporal=True, raw_linear_power=True
)
CLASSES = SensorSpec(
    name="classes", band_groups=(BandGroup(bands=("code",), gsd=10.0),), temporal=False, categorical=True
)
FINE = SensorSpec(name="fine", band_groups=(BandGroup(bands=("grey",), gsd=5.0),), temporal=True, pixels_per_cell=2)


def write_raster(path: Path, values: np.ndarray, crs: str, left: float, top: float, pixel: float, **profile) -> Path:
    values = values if values.ndim == 3 else values[None]
    names = profile.pop("names", None)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=values.shape[0],
        height=values.shape[1],
        width=values.shape[2],
        dtype=values.dtype,
        crs=crs,
        transform=from_origin(left, top, pixel, pixel),
        **profile,
    ) as file:
        file.write(values)
        for number, name in enumerate(names or (), start=1):
            file.set_band_description(number, name)
    return path


def request(sensor: SensorSpec, path: Path, day: dt.date | None = DAY, **more) -> RasterRequest:
    return RasterRequest(sensor=sensor, path=path, date=day, **more)


def read(folder: Path, index: int) -> dict[str, np.ndarray]:
    with h5py.File(folder / f"sample_{index}.h5") as file:
        found = {name: file[name][:] for name in file if name != "missing_timesteps_masks"}
        masks = {f"mask:{name}": mask[:] for name, mask in file["missing_timesteps_masks"].items()}
        places = {
            f"attr:{key}": value.decode() if isinstance(value, bytes) else value for key, value in file.attrs.items()
        }
        return found | masks | places


def mosaic(folder: Path, sensor: str, step: int = 0, pixels_per_cell: int = 1) -> np.ndarray:
    """All samples of a set put together by their stated places, NaN where nothing is."""
    samples = [read(folder, index) for index in range(len(list(folder.glob("sample_*.h5"))))]
    gsd = samples[0]["attr:gsd"] / pixels_per_cell
    left, top = min(s["attr:left"] for s in samples), max(s["attr:top"] for s in samples)
    places = [(round((top - s["attr:top"]) / gsd), round((s["attr:left"] - left) / gsd)) for s in samples]
    size = samples[0][sensor].shape[0]
    whole = np.full((max(r for r, _ in places) + size, max(c for _, c in places) + size), np.nan)
    for sample, (row, column) in zip(samples, places, strict=True):
        if sensor in sample:
            values = sample[sensor][:, :, step, 0].astype(float)
            whole[row : row + size, column : column + size] = np.where(values == -99999, np.nan, values)
    return whole

"""From the files of a sample to what a model is given."""

from datetime import date

import numpy as np
from attrs import frozen

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config
from spacenit_evals.benchmarks.geobench_v2.container import Item
from spacenit_evals.benchmarks.geobench_v2.images import SensorImages
from spacenit_evals.benchmarks.ground_blocks import point_of
from spacenit_evals.benchmarks.held_sensors import ChosenSensor

INVENTED_DAY = date(2020, 7, 1)
"""Of sets without dates: models want one."""

Factors = tuple[dict[str, float], dict[str, float]]
"""What brings stored numbers to a sensor's units: band -> scale, band -> offset; bands in neither stay as they are."""


@frozen(eq=False)
class Windows:
    """Reads samples.

    Attributes:
        config: the set's settings.
        chosen: the sensors, as the model gets them.
        factors: one for each of them.
        max_timesteps: the most dates of a series, of which the first are taken; None for no limit.
    """

    config: GeoBench2Config
    chosen: tuple[ChosenSensor, ...]
    factors: tuple[Factors, ...]
    max_timesteps: int | None

    def images(self, item: Item) -> dict[str, SensorImages]:
        """The images of a sample by their own sensor, those that are chosen."""
        wanted = {one.held.spec.name for one in self.chosen}
        found = self.config.images(item.items(), dict(item.facts), wanted)
        return {one.sensor: one for one in found}

    def read(self, number: int, item: Item) -> SampleWindow:
        """One sample in the units of the sensors that it is handed on as."""
        images = self.images(item)
        dated = {day for one in images.values() for day in one.days or (INVENTED_DAY,)}
        days = sorted(dated)[: self.max_timesteps]
        bands, present = {}, {}
        for one, factors in zip(self.chosen, self.factors, strict=True):
            series = images.get(one.held.spec.name)
            if series is None:
                continue
            own = series.days or (INVENTED_DAY,)
            steps = [own.index(day) for day in days if day in own]
            if steps:
                bands[one.spec.name] = _placed(one, series, steps, factors)
                present[one.spec.name] = np.array([day in own for day in days])
        lon, lat = place_of(item) or (np.nan, np.nan)
        return SampleWindow(
            index=number,
            bands=bands,
            present=present,
            timestamps=np.array([(day.day, day.month - 1, day.year) for day in days], dtype=np.int32).reshape(-1, 3),
            latlon=np.array([lat, lon], dtype=np.float32),
        )


def place_of(item: Item) -> tuple[float, float] | None:
    """Longitude and latitude of a sample; None where the index has none."""
    lon, lat = item.facts.get("lon"), item.facts.get("lat")
    if isinstance(lon, float) and isinstance(lat, float) and np.isfinite([lon, lat]).all():
        return lon, lat
    return point_of(item.facts.get("stac:centroid"))


def _placed(one: ChosenSensor, series: SensorImages, steps: list[int], factors: Factors) -> np.ndarray:
    """Pixels of some steps ``[H, W, T, C]``, -99999 where they are missing."""
    pixels = series.pixels[steps]
    scales, offsets = factors
    out = np.full((*pixels.shape[2:], len(steps), len(one.spec.bands)), NODATA, np.float32)
    for place, band in enumerate(one.spec.bands):
        held = one.bands.get(band)
        if held in series.bands:
            values = pixels[:, series.bands.index(held)].astype(np.float64)
            numbers = values * scales.get(band, 1.0) + offsets.get(band, 0.0)
            out[..., place] = np.moveaxis(np.where(np.isfinite(numbers), numbers, NODATA), 0, -1)
    one.fill(out)
    return out

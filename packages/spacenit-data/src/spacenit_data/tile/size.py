"""How much a set will be, before any pixel is read."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import numpy as np
from attrs import frozen

from spacenit_core.sensors.selection import SensorSet
from spacenit_data.tile.areas import Area
from spacenit_data.tile.settings import TileSettings

STORED = np.dtype(np.float32)


@frozen
class SetSize:
    """What a set holds at most: tiles without pixels are left out later, and missing images are not stored.

    Attributes:
        samples: samples.
        images: sensor -> its images in all samples together.
        bytes: of the pixels before compression.
    """

    samples: int
    images: dict[str, int]
    bytes: int

    @classmethod
    def of(cls, areas: Sequence[Area], sensors: SensorSet, settings: TileSettings) -> "SetSize":
        """The size of the set that areas are cut into."""
        samples, images = 0, defaultdict[str, int](int)
        for area in areas:
            rows, columns = area.grid.starts(settings.tile_size, settings.step, settings.edges)
            leading = area.reached(rows, columns, settings.tile_size, [item for item in area.placed if item.leads])
            samples += int(leading.sum())
            series = defaultdict[tuple[str, date | None], list](list)
            for item in area.placed:
                series[item.raster.sensor.name, item.raster.date].append(item)
            for (name, _), placed in series.items():
                there = area.reached(rows, columns, settings.tile_size, placed)
                images[name] += int((leading & there).sum())
        side = settings.tile_size
        pixels = {spec.name: (side * spec.pixels_per_cell) ** 2 * len(spec.bands) for spec in sensors}
        total = sum(count * pixels[name] * STORED.itemsize for name, count in images.items())
        return cls(samples, dict(images), total)

    def __str__(self) -> str:
        return f"up to {in_bytes(self.bytes)} on disk before compression"


def in_bytes(count: float) -> str:
    """A number of bytes as people say it: `12.3 GB`."""
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            break
        count /= 1000
    return f"{count:.3g} {unit}"

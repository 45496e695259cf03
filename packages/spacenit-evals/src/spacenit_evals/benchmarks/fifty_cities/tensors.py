"""50 Cities as OlmoEarth lays it out: a file of tensors per tile, and a manifest."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.torch_files import read_torch_file
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, require_all, tensor
from spacenit_evals.benchmarks.dense.latest import Latest
from spacenit_evals.benchmarks.dense.source import SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import invented_days
from spacenit_evals.benchmarks.fifty_cities import palette
from spacenit_evals.benchmarks.fifty_cities.config import FLOOR, S1_BANDS, S2_BANDS, TILE, FiftyCities
from spacenit_evals.benchmarks.fifty_cities.splits import sides_of_tiles

_STORED = {"sentinel1": ("s1", S1_BANDS), "sentinel2": ("s2", S2_BANDS)}
_LOWEST = 10.0 * np.log10(FLOOR)


@frozen(kw_only=True, eq=False)
class CityTensors:
    """Tiles with a file each.

    Attributes:
        config: settings.
        facts: what is known of the set.
        paths: the file of each sample.
        content: reads a file.
    """

    config: FiftyCities
    facts: SourceFacts
    paths: tuple[Path, ...]
    content: Latest[Any]

    @classmethod
    def of(cls, config: FiftyCities, folder: Path) -> Self:
        """Read manifest and colours, and find the tiles.

        Raises:
            DataError: where files are missing or damaged.
        """
        counts, colours = _manifest(folder)
        cities = sorted(counts)
        paths = tuple(folder / "tiles" / city / f"{number}.pt" for city in cities for number in range(counts[city]))
        require_all(list(paths), folder)
        facts = SourceFacts(
            layout="tiles made by OlmoEarth",
            digest=digest_of([config.variant, config.by, str(colours), str(counts)], paths),
            classes=palette.names_of(colours),
            codes=colours,
            groups=np.repeat(np.arange(len(cities)), [counts[city] for city in cities]),
            group="city",
            draws=published_split(sides_of_tiles(counts, config.by)),
            size=(TILE, TILE),
            dates_invented=True,
            told={"variant": config.variant, "divided_by": config.by},
        )
        return cls(config=config, facts=facts, paths=paths, content=Latest(read_torch_file))

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Reflectance times 10,000 and decibels; the lowest, -60, is missing unless `as_published`."""
        found = {}
        for sensor in sensors:
            key, bands = _STORED[sensor]
            values = np.moveaxis(self._tensor(number, 3, key), 0, -1)[:, :, None].astype(np.float32)
            if values.shape != (TILE, TILE, 1, len(bands)):
                raise DataError(
                    f"{self.paths[number]} holds {key} of {values.shape}", f"{len(bands)} bands belong there"
                )
            if sensor == "sentinel1" and self.config.variant == "corrected":
                values = np.where(values <= _LOWEST, np.nan, values)
            found[sensor] = SensorImages(values=values, bands=bands, days=invented_days())
        return found

    def label(self, number: int) -> np.ndarray:
        """Classes, -1 where there is no label."""
        labels = self._tensor(number, 2, "label").astype(np.int64)
        return checked_classes(labels, len(self.facts.classes), self.paths[number])

    def location(self, number: int) -> tuple[float, float]:
        """Not known."""
        return np.nan, np.nan

    def _tensor(self, number: int, ndim: int, key: str) -> np.ndarray:
        path = self.paths[number]
        return tensor(self.content(path), path, ndim, key)


def _manifest(folder: Path) -> tuple[dict[str, int], tuple[int, ...]]:
    """Tiles of each city, and the colours of the classes by label."""
    try:
        counts = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["counts"]
        classes = json.loads((folder / "colormap.json").read_text(encoding="utf-8"))["classes"]
        colours = {int(entry["index"]): int(entry["packed"]) for entry in classes}
        return {str(city): int(count) for city, count in counts.items()}, tuple(colours[k] for k in range(len(colours)))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{folder}: manifest.json or colormap.json cannot be read: {error!r}", "copy them again"
        ) from error

"""PASTIS-R as its publisher lays it out: an array of all dates per patch and sensor."""

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, read_array, require_all
from spacenit_evals.benchmarks.dense.source import SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.ground_blocks import block_of, numbered
from spacenit_evals.benchmarks.pastis.classes import CLASSES, VOID
from spacenit_evals.benchmarks.pastis.config import MONTHS, PATCH, S1_BANDS, S2_BANDS, PastisConfig
from spacenit_evals.benchmarks.pastis.patches import SIDE_OF_FOLD, Patch, read_patches
from spacenit_evals.benchmarks.series.months import MIDDLE, means_at

_FILES = {"sentinel2": ("DATA_S2", "S2", S2_BANDS), "sentinel1": ("DATA_S1A", "S1A", S1_BANDS)}


@frozen(kw_only=True, eq=False)
class PastisArrays:
    """Patches, or quarters of them in the order upper left, lower left, upper right, lower right.

    Attributes:
        config: settings.
        folder: holds the arrays.
        facts: what is known of the set.
        patches: the patches by fold.
    """

    config: PastisConfig
    folder: Path
    facts: SourceFacts
    patches: tuple[Patch, ...]

    @classmethod
    def of(cls, config: PastisConfig, folder: Path) -> Self:
        """Find the arrays of all patches.

        Raises:
            DataError: where metadata or arrays are missing or damaged, or a sensor has no dates.
        """
        patches = tuple(read_patches(folder))
        for patch in patches:
            absent = [sensor for sensor in config.used if not patch.days.get(sensor)]
            if absent:
                raise DataError(
                    f"{folder}: patch {patch.name} has no dates of {absent[0]}", "copy metadata.geojson again"
                )
        files = [_target(folder, patch) for patch in patches]
        files += [_images(folder, patch, sensor) for sensor in config.used for patch in patches]
        require_all(files, folder)
        quarters = (PATCH // config.tile) ** 2
        days = sorted(day for patch in patches for sensor in config.used for day in patch.days[sensor])
        groups = numbered(_block(patch, config.block) for patch in patches)
        texts = [config.variant, config.series, str(config.tile), *(f"{patch.name} {patch.fold}" for patch in patches)]
        facts = SourceFacts(
            layout="the publisher's arrays",
            digest=digest_of([*texts, str([patch.days for patch in patches])], files),
            classes=CLASSES,
            groups=np.repeat(groups, quarters),
            group=f"{config.block:g} m of ground",
            draws=published_split(np.repeat([SIDE_OF_FOLD[patch.fold] for patch in patches], quarters)),
            size=(config.tile, config.tile),
            dates=(str(days[0]), str(days[-1])),
            told={"variant": config.variant, "series": config.series},
            said={"bands_absent": "B01, B09"} if "sentinel2" in config.used else {},
        )
        return cls(config=config, folder=folder, facts=facts, patches=patches)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Reflectance times 10,000 and decibels, of months or of dates."""
        patch, row, column = self._part(number)
        found = {sensor: self._series(patch, row, column, sensor) for sensor in sensors}
        if self.config.series == "dates":
            return found
        # Sentinel-2 names the months, whichever sensor is used, so that all tasks see the same time.
        months = np.unique(days_of(patch.days["sentinel2"]).astype("datetime64[M]"))[:MONTHS]
        return {sensor: _monthly(images, months) for sensor, images in found.items()}

    def label(self, number: int) -> np.ndarray:
        """0 background, 1 to 18 crops, -1 void."""
        patch, row, column = self._part(number)
        path, side = _target(self.folder, patch), self.config.tile
        stored = read_array(path)
        if stored.shape[-2:] != (PATCH, PATCH):
            raise DataError(f"{path} has the shape {stored.shape}, and patches have {PATCH} pixels", "copy it again")
        target = stored[0] if stored.ndim == 3 else stored
        labels = target[row : row + side, column : column + side].astype(np.int64)
        return checked_classes(np.where(labels == VOID, -1, labels), len(CLASSES), path)

    def location(self, number: int) -> tuple[float, float]:
        """The middle of the patch."""
        return self._part(number)[0].latlon

    def _part(self, number: int) -> tuple[Patch, int, int]:
        """The patch, the first row and the first column of a sample."""
        along = PATCH // self.config.tile
        place, quarter = divmod(number, along**2)
        return self.patches[place], quarter % along * self.config.tile, quarter // along * self.config.tile

    def _series(self, patch: Patch, row: int, column: int, sensor: str) -> SensorImages:
        path, bands = _images(self.folder, patch, sensor), _FILES[sensor][2]
        stored = read_array(path)
        days = patch.days[sensor]
        if (
            stored.ndim != 4
            or len(stored) != len(days)
            or stored.shape[1] < len(bands)
            or stored.shape[2:] != (PATCH,) * 2
        ):
            raise DataError(
                f"{path} has the shape {stored.shape}, and {len(days)} dates of {len(bands)} bands and {PATCH} pixels "
                "belong there",
                "copy it and metadata.geojson again",
            )
        side = self.config.tile
        values = stored[:, : len(bands), row : row + side, column : column + side].transpose(2, 3, 0, 1)
        images = SensorImages(values=values.astype(np.float32), bands=bands, days=days_of(days))
        return _misdated(images, patch) if sensor == "sentinel1" and self.config.variant == "as_published" else images


def _misdated(images: SensorImages, patch: Patch) -> SensorImages:
    """Sentinel-1 under the dates of Sentinel-2, image by image, as far as both go."""
    days = days_of(patch.days["sentinel2"])
    count = min(len(days), len(images.days))
    return evolve(images, values=images.values[:, :, :count], days=days[:count])


def _monthly(images: SensorImages, months: np.ndarray) -> SensorImages:
    """The mean image of each of some months (datetime64 ``[M]``, ascending) that has one."""
    own = images.days.astype("datetime64[M]")
    place = np.where(np.isin(own, months), np.searchsorted(months, own), -1)
    values, present = means_at(np.moveaxis(images.values, 2, 0), place, len(months))
    days = months[present].astype("datetime64[D]") + (MIDDLE - 1)
    return SensorImages(values=np.moveaxis(values, 0, 2), bands=images.bands, days=days)


def _target(folder: Path, patch: Patch) -> Path:
    return folder / "ANNOTATIONS" / f"TARGET_{patch.name}.npy"


def _images(folder: Path, patch: Patch, sensor: str) -> Path:
    place, prefix, _ = _FILES[sensor]
    return folder / place / f"{prefix}_{patch.name}.npy"


def _block(patch: Patch, metres: float) -> Hashable:
    lat, lon = patch.latlon
    return patch.name if np.isnan(lat) else block_of(lon, lat, metres)

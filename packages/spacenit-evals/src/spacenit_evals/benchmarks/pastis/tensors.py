"""PASTIS-R as OlmoEarth lays it out: a tensor of twelve monthly means per sample."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.torch_files import read_torch_file
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, require_all, tensor
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION, SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import days_of
from spacenit_evals.benchmarks.pastis.classes import CLASSES
from spacenit_evals.benchmarks.pastis.config import PATCH, S1_BANDS, S2_BANDS, PastisConfig
from spacenit_evals.benchmarks.series.months import MIDDLE

_FOLDERS = {TRAIN: "pastis_r_train", VALIDATION: "pastis_r_valid", TEST: "pastis_r_test"}
_STORED = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_FILES = {"sentinel2": ("s2_images", _STORED), "sentinel1": ("s1_images", S1_BANDS)}


@frozen(kw_only=True, eq=False)
class PastisTensors:
    """Samples of three folders.

    Attributes:
        config: settings.
        folders: of each side.
        facts: what is known of the set.
        months: of each side, int ``[n, 12]`` like 201809.
        targets: of each side, int ``[n, H, W]``, mapped.
        place: for each sample, its side's place and its own there.
    """

    config: PastisConfig
    folders: tuple[Path, ...]
    facts: SourceFacts
    months: tuple[np.ndarray, ...]
    targets: tuple[np.ndarray, ...]
    place: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, config: PastisConfig, folder: Path) -> Self:
        """Read months, map the labels, and find the images.

        Raises:
            UserError: where the tensors are not what was asked for.
            DataError: where a file is missing or damaged.
        """
        _check_asked(config, folder)
        folders = tuple(folder / name for name in _FOLDERS.values())
        tables = [place / name for place in folders for name in ("months.pt", "targets.pt")]
        require_all(tables, folder)
        months = tuple(tensor(read_torch_file(path), path, 2) for path in tables[::2])
        targets = tuple(tensor(read_torch_file(path, mapped=True), path, 3) for path in tables[1::2])
        for path, own, target in zip(tables[::2], months, targets, strict=True):
            if len(own) != len(target):
                raise DataError(f"{path} has {len(own)} samples, and targets.pt {len(target)}", "copy them again")
        side = targets[0].shape[-1]
        if targets[0].shape[1:] != (config.tile, config.tile):
            raise UserError(
                f"{folder} ({config.variable}) holds tiles of {side} pixels, and not of {config.tile}",
                "choose pastis_... for 64 pixels and pastis128_... for 128, or set the other variable",
            )
        place = tuple((number, own) for number, target in enumerate(targets) for own in range(len(target)))
        files = [_image(folders[number], own, sensor) for sensor in config.used for number, own in place]
        require_all(files, folder)
        quarters = (PATCH // config.tile) ** 2
        whole = all(len(target) % quarters == 0 for target in targets)
        named = sorted({int(month) for own in months for month in own.ravel()})
        facts = SourceFacts(
            layout="tensors made by OlmoEarth",
            digest=digest_of([config.variant], [*tables, *files]),
            classes=CLASSES,
            groups=np.arange(len(place)) // (quarters if whole else 1),
            group="patch" if whole else "",
            draws=published_split(np.repeat(list(_FOLDERS), [len(target) for target in targets])),
            size=(config.tile, config.tile),
            dates=(str(_middle(named[0])), str(_middle(named[-1]))),
            told={"variant": config.variant, "series": config.series},
            said={"bands_absent": "B01, B09"} if "sentinel2" in config.used else {},
        )
        return cls(config=config, folders=folders, facts=facts, months=months, targets=targets, place=place)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Reflectance times 10,000 and decibels of twelve months; copied bands are left out."""
        side, own = self.place[number]
        return {sensor: self._image(side, own, sensor) for sensor in sensors}

    def label(self, number: int) -> np.ndarray:
        """0 background, 1 to 18 crops, -1 void."""
        side, own = self.place[number]
        labels = self.targets[side][own].astype(np.int64)
        return checked_classes(labels, len(CLASSES), self.folders[side] / "targets.pt")

    def location(self, number: int) -> tuple[float, float]:
        """Not known."""
        return np.nan, np.nan

    def _image(self, side: int, own: int, sensor: str) -> SensorImages:
        path, stored = _image(self.folders[side], own, sensor), _FILES[sensor][1]
        found = tensor(read_torch_file(path), path, 4)
        days = [_middle(int(month)) for month in self.months[side][own]]
        expected = (len(days), len(stored), self.config.tile, self.config.tile)
        if found.shape != expected:
            raise DataError(f"{path} has the shape {found.shape} and not {expected}", "copy it again")
        bands = S2_BANDS if sensor == "sentinel2" else S1_BANDS
        values = found[:, [stored.index(band) for band in bands]].transpose(2, 3, 0, 1)
        return SensorImages(values=values.astype(np.float32), bands=bands, days=days_of(days))


def _check_asked(config: PastisConfig, folder: Path) -> None:
    if config.series != "monthly":
        raise UserError(f"{folder} holds means of months, and no images by date", "leave out --benchmark.series")
    if "sentinel1" in config.used and config.variant != "as_published":
        raise UserError(
            f"the tensors of {folder} hold Sentinel-1 under the dates of Sentinel-2, and so in wrong months",
            f"set {config.variable} to the publisher's arrays, or take them so: --benchmark.variant=as_published",
        )


def _image(folder: Path, number: int, sensor: str) -> Path:
    return folder / _FILES[sensor][0] / f"{number}.pt"


def _middle(month: int) -> date:
    """The day that stands for a month in all series."""
    try:
        return date(month // 100, month % 100, MIDDLE)
    except ValueError as error:
        raise DataError(f"months.pt holds the month {month}", "months are like 201809: copy it again") from error

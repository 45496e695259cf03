"""MADOS as its publisher lays it out: a file per band of each crop of a scene."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, read_raster
from spacenit_evals.benchmarks.dense.latest import Latest
from spacenit_evals.benchmarks.dense.sides import read_lines, sides_of
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION, SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import invented_days
from spacenit_evals.benchmarks.ground_blocks import numbered
from spacenit_evals.benchmarks.mados.config import CLASSES, CROP, SCALE, Mados

_BANDS = {
    "B01": (60, 442, 443),
    "B02": (10, 492),
    "B03": (10, 559, 560),
    "B04": (10, 665),
    "B05": (20, 704),
    "B06": (20, 739, 740),
    "B07": (20, 780, 783),
    "B08": (10, 833),
    "B8A": (20, 864, 865),
    "B11": (20, 1610, 1614),
    "B12": (20, 2186, 2202),
}
"""Band -> folder, and the wavelengths in nanometres that the two satellites' files are called by."""

_LISTS = {TRAIN: "train_X.txt", VALIDATION: "val_X.txt", TEST: "test_X.txt"}


@frozen(kw_only=True, eq=False)
class MadosScenes:
    """Tiles of crops that have a label.

    Attributes:
        config: settings.
        folder: holds `splits` and the scenes.
        facts: what is known of the set.
        tiles: name of the crop, first row and first column of each sample.
        crop: reads all bands of a crop.
    """

    config: Mados
    folder: Path
    facts: SourceFacts
    tiles: tuple[tuple[str, int, int], ...]
    crop: Latest[tuple[tuple[str, ...], np.ndarray]]

    @classmethod
    def of(cls, config: Mados, folder: Path) -> Self:
        """Read lists and labels.

        Raises:
            UserError: where crops cannot be cut into tiles of that size.
            DataError: where lists or files are missing or damaged.
        """
        side = config.tile
        if CROP % side:
            raise UserError(f"crops of {CROP} pixels cannot be cut into tiles of {side}", "choose 240, 120, 80 or 60")
        names, sides = sides_of({key: read_lines(folder / "splits" / name) for key, name in _LISTS.items()}, folder)
        tiles, kept = [], []
        for name, own in zip(names, sides, strict=True):
            labels = _labels(folder, name)
            for row in range(0, CROP, side):
                for column in range(0, CROP, side):
                    if (labels[row : row + side, column : column + side] >= 0).any():
                        tiles.append((name, row, column))
                        kept.append(own)
        scenes = [name.rpartition("_")[0] for name, _, _ in tiles]
        files = [path for name in names for path in (*_paths(folder, name).values(), _mask(folder, name))]
        facts = SourceFacts(
            layout="the publisher's scenes",
            digest=digest_of(
                [config.variant, *(f"{tile} {own}" for tile, own in zip(tiles, kept, strict=True))], files
            ),
            classes=CLASSES,
            codes=tuple(range(1, len(CLASSES) + 1)),
            groups=numbered(scenes),
            group="scene",
            draws=published_split(np.array(kept)),
            size=(side, side),
            dates_invented=True,
            told={"variant": config.variant, "crops": len(names)},
            said={"reflectance": "corrected for Rayleigh scattering alone, between level 1C and 2A"},
        )
        made = Latest(lambda path: _read_crop(path, config.variant == "as_published"))
        return cls(config=config, folder=folder, facts=facts, tiles=tuple(tiles), crop=made)

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """A tile in reflectance times 10,000."""
        name, row, column = self.tiles[number]
        bands, values = self.crop(self.folder / name)
        side = self.config.tile
        part = values[:, row : row + side, column : column + side]
        images = SensorImages(
            values=np.moveaxis(part, 0, -1)[:, :, None] * np.float32(SCALE),
            bands=bands,
            days=invented_days(),
        )
        return dict.fromkeys(sensors, images)

    def label(self, number: int) -> np.ndarray:
        """Classes from 0, -1 where there is no label."""
        name, row, column = self.tiles[number]
        side = self.config.tile
        return _labels(self.folder, name)[row : row + side, column : column + side]

    def location(self, number: int) -> tuple[float, float]:
        """Not known."""
        return np.nan, np.nan


def _parts(folder: Path, name: str) -> tuple[Path, str, str]:
    """Folder of the scene, its name, and the number of the crop."""
    scene, _, number = name.rpartition("_")
    if not scene:
        raise DataError(f"{folder / 'splits'} lists {name!r}", "crops are called Scene_N_k")
    return folder / scene, scene, number


def _mask(folder: Path, name: str) -> Path:
    place, scene, number = _parts(folder, name)
    return place / "10" / f"{scene}_L2R_cl_{number}.tif"


def _paths(folder: Path, name: str) -> dict[str, Path]:
    """The file of each band.

    Raises:
        DataError: where there is none.
    """
    place, scene, number = _parts(folder, name)
    found = {}
    for band, (metres, *wavelengths) in _BANDS.items():
        names = [place / str(metres) / f"{scene}_L2R_rhorc_{nm}_{number}.tif" for nm in wavelengths]
        there = [path for path in names if path.is_file()]
        if not there:
            raise DataError(f"{name} lacks band {band}: {names[0]} is missing", "copy the scene again")
        found[band] = there[0]
    return found


def _labels(folder: Path, name: str) -> np.ndarray:
    path = _mask(folder, name)
    labels = read_raster(path, 1)[0].astype(np.int64) - 1
    if labels.shape != (CROP, CROP):
        raise DataError(f"{path} has {labels.shape} pixels, and crops have {CROP} x {CROP}", "copy the scene again")
    return checked_classes(labels, len(CLASSES), path)


def _read_crop(place: Path, computed: bool) -> tuple[tuple[str, ...], np.ndarray]:
    """Bands and their pixels, float32 ``[C, 240, 240]``, NaN where they are missing."""
    found = {}
    for band, path in _paths(place.parent, place.name).items():
        stored = read_raster(path, 1)[0].astype(np.float32)
        if stored.shape[0] != stored.shape[1] or CROP % stored.shape[0]:
            raise DataError(f"{path} has {stored.shape} pixels, and crops have {CROP} x {CROP}", "copy the scene again")
        found[band] = _linear(stored) if computed else np.kron(stored, np.ones([CROP // len(stored)] * 2, np.float32))
    if computed:
        found["B06"] = (found["B05"] + found["B07"]) / 2
        found["B09"] = found["B8A"]
        found["B10"] = (found["B8A"] + found["B11"]) / 2
    return tuple(found), np.stack(list(found.values()))


def _linear(stored: np.ndarray) -> np.ndarray:
    """To 240 pixels a side, linear between the middles of pixels."""
    import torch
    from torch.nn import functional

    pixels = torch.from_numpy(stored)[None, None]
    return functional.interpolate(pixels, size=CROP, mode="bilinear", align_corners=False)[0, 0].numpy()

"""Sen1Floods11 as OlmoEarth lays it out: one file of tensors for each side of the split."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.torch_files import read_torch_file
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.dense.files import checked_classes, require_all, tensor
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION, SensorImages, SourceFacts, published_split
from spacenit_evals.benchmarks.dense.windows import invented_days
from spacenit_evals.benchmarks.sen1floods11.config import CLASSES, S1_BANDS, S2_BANDS, Sen1Floods11

_SENSORS = {"sentinel1": ("s1", S1_BANDS), "sentinel2": ("s2", S2_BANDS)}


@frozen(kw_only=True, eq=False)
class FloodTensors:
    """Tiles of three files.

    Attributes:
        facts: what is known of the set.
        pixels: sensor -> the images of each side, ``[n, C, 64, 64]``, mapped.
        labels_of: the labels of each side, ``[n, 1, 64, 64]``.
        paths: the file of each side.
        place: for each sample, its side's place and its own there.
    """

    facts: SourceFacts
    pixels: dict[str, tuple[np.ndarray, ...]]
    labels_of: tuple[np.ndarray, ...]
    paths: tuple[Path, ...]
    place: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, config: Sen1Floods11, folder: Path) -> Self:
        """Map the files.

        Raises:
            UserError: where tiles of another size are asked for.
            DataError: where a file is missing or damaged.
        """
        names = {TRAIN: "train", VALIDATION: "valid", TEST: config.test_split}
        paths = tuple(folder / f"flood_{name}_data.pt" for name in names.values())
        require_all(list(paths), folder)
        contents = [read_torch_file(path, mapped=True) for path in paths]
        labels = tuple(tensor(content, path, 4, "labels") for content, path in zip(contents, paths, strict=True))
        pixels = {}
        for sensor in dict.fromkeys((*config.used, *(["sentinel1"] if config.variant == "as_published" else []))):
            key, bands = _SENSORS[sensor]
            pixels[sensor] = tuple(tensor(content, path, 4, key) for content, path in zip(contents, paths, strict=True))
            for path, found, label in zip(paths, pixels[sensor], labels, strict=True):
                if found.shape != (len(label), len(bands), *label.shape[2:]):
                    raise DataError(f"{path} has {key} {found.shape} and labels {label.shape}", "copy it again")
        if labels[0].shape[2:] != (config.tile, config.tile):
            what = f"the tensors of {folder} are tiles of {labels[0].shape[-1]} pixels"
            raise UserError(what, f"--benchmark.tile={labels[0].shape[-1]}")
        place = [(side, number) for side, label in enumerate(labels) for number in range(len(label))]
        said: dict[str, object] = {"tiles": "those without water are not in these tensors"}
        if config.variant == "as_published":
            kept = [(side, own) for side, own in place if np.isfinite(pixels["sentinel1"][side][own]).all()]
            said["tiles_left_out"] = f"{len(place) - len(kept)} of {len(place)} with missing pixels of Sentinel-1"
            place = kept
        facts = SourceFacts(
            layout="tensors made by OlmoEarth",
            digest=digest_of([config.variant, config.test_split], paths),
            classes=CLASSES,
            groups=np.arange(len(place)),
            group="",
            draws=published_split(np.array([list(names)[side] for side, _ in place])),
            size=(config.tile, config.tile),
            dates_invented=True,
            told={"variant": config.variant, "tested": config.test_split},
            said=said,
        )
        return cls(facts=facts, pixels=pixels, labels_of=labels, paths=paths, place=tuple(place))

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """Decibels and reflectance times 10,000, as stored."""
        side, own = self.place[number]
        return {
            sensor: SensorImages(
                values=np.moveaxis(self.pixels[sensor][side][own], 0, -1)[:, :, None].astype(np.float32),
                bands=_SENSORS[sensor][1],
                days=invented_days(),
            )
            for sensor in sensors
        }

    def label(self, number: int) -> np.ndarray:
        """0 dry, 1 water, -1 unknown."""
        side, own = self.place[number]
        return checked_classes(self.labels_of[side][own, 0].astype(np.int64), len(CLASSES), self.paths[side])

    def location(self, number: int) -> tuple[float, float]:
        """Not known."""
        return np.nan, np.nan

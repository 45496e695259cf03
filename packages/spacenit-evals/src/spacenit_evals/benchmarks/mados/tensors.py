"""MADOS as OlmoEarth lays it out: one file of tensors for each side of the split."""

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
from spacenit_evals.benchmarks.mados.config import CLASSES, SCALE, Mados

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
_COPIED = ("B09", "B10")
_FILES = {TRAIN: "MADOS_train.pt", VALIDATION: "MADOS_val.pt", TEST: "MADOS_test.pt"}


@frozen(kw_only=True, eq=False)
class MadosTensors:
    """Tiles of three files.

    Attributes:
        facts: what is known of the set.
        images_of: the images of each side, ``[n, 13, H, W]`` or ``[n, H, W, 13]``, mapped.
        labels_of: the labels of each side, ``[n, H, W]``.
        first: the number that stands for no label or the first class: 0 where files count classes from 1.
        place: for each sample, its side's place and its own there.
        bands: those that are the sensor's own, or all.
    """

    facts: SourceFacts
    images_of: tuple[np.ndarray, ...]
    labels_of: tuple[np.ndarray, ...]
    first: int
    place: tuple[tuple[int, int], ...]
    bands: tuple[str, ...]

    @classmethod
    def of(cls, config: Mados, folder: Path) -> Self:
        """Map the files, and see how they count classes.

        Raises:
            UserError: where tiles of another size are asked for.
            DataError: where a file is missing or damaged.
        """
        paths = [folder / name for name in _FILES.values()]
        require_all(paths, folder)
        contents = [read_torch_file(path, mapped=True) for path in paths]
        images = tuple(tensor(content, path, 4, "images") for content, path in zip(contents, paths, strict=True))
        labels = tuple(tensor(content, path, 3, "labels") for content, path in zip(contents, paths, strict=True))
        for path, image, label in zip(paths, images, labels, strict=True):
            if len(image) != len(label) or len(BANDS) not in (image.shape[1], image.shape[-1]):
                raise DataError(f"{path} has images {image.shape} and labels {label.shape}", "13 bands belong there")
        if labels[0].shape[1:] != (config.tile, config.tile):
            raise UserError(
                f"the tensors of {folder} are tiles of {labels[0].shape[1]} pixels",
                f"--benchmark.tile={len(labels[0][0])}",
            )
        first = 1 if min(int(label.min()) for label in labels) >= 0 else 0
        for path, label in zip(paths, labels, strict=True):
            checked_classes(label - first, len(CLASSES), path)
        published = config.variant == "as_published"
        said = {"B06": "the mean of B05 and B07", "scenes": "not stated"}
        said["labels"] = "counted from 1, 0 is none" if first else "counted from 0, -1 is none"
        facts = SourceFacts(
            layout="tensors made by OlmoEarth",
            digest=digest_of([config.variant], paths),
            classes=CLASSES,
            codes=tuple(range(first, len(CLASSES) + first)),
            groups=np.arange(sum(map(len, labels))),
            group="",
            draws=published_split(np.repeat(list(_FILES), [len(label) for label in labels])),
            size=labels[0].shape[1:],
            dates_invented=True,
            told={"variant": config.variant},
            said=said,
        )
        return cls(
            facts=facts,
            images_of=images,
            labels_of=labels,
            first=first,
            place=tuple((side, number) for side, label in enumerate(labels) for number in range(len(label))),
            bands=BANDS if published else tuple(band for band in BANDS if band not in _COPIED),
        )

    def images(self, number: int, sensors: Sequence[str]) -> dict[str, SensorImages]:
        """A tile in reflectance times 10,000."""
        side, own = self.place[number]
        stored = self.images_of[side][own].astype(np.float32)
        if stored.shape[-1] != len(BANDS):
            stored = np.moveaxis(stored, 0, -1)
        chosen = [BANDS.index(band) for band in self.bands]
        values = stored[:, :, None, chosen] * np.float32(SCALE)
        images = SensorImages(values=values, bands=self.bands, days=invented_days())
        return dict.fromkeys(sensors, images)

    def label(self, number: int) -> np.ndarray:
        """Classes from 0, -1 where there is no label."""
        side, own = self.place[number]
        return self.labels_of[side][own].astype(np.int64) - self.first

    def location(self, number: int) -> tuple[float, float]:
        """Not known."""
        return np.nan, np.nan

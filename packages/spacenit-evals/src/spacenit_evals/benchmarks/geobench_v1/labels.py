"""Labels of GEO-Bench v1: a class, several classes, or a map of classes."""

from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Labels
from spacenit_core.kinds.tasks import IGNORED, Task
from spacenit_evals.benchmarks.geobench_v1.sample_file import SampleFacts, read_label_map
from spacenit_evals.benchmarks.label_maps import LabelMaps

_HINT = "copy it again from its publisher"


@frozen
class Classes:
    """What classes count.

    Attributes:
        names: by label.
        codes: the numbers that they have in the files.
        stored: how many classes the files have, the ones that do not count included.
    """

    names: tuple[str, ...]
    codes: tuple[int, ...]
    stored: int

    @classmethod
    def of(cls, names: tuple[str, ...], no_data: int | None, variant: str) -> "Classes":
        """All of a set's, as published; corrected, without that of pixels without data."""
        counted = [code for code in range(len(names)) if code != no_data or variant == "as_published"]
        return cls(tuple(names[code] for code in counted), tuple(counted), len(names))

    def labels(self, stored: np.ndarray, where: Path) -> np.ndarray:
        """Labels from 0 for stored numbers, int16; what does not count is ignored.

        Raises:
            DataError: for a number that is no class.
        """
        if stored.size and not 0 <= stored.min() <= stored.max() < self.stored:
            raise DataError(
                f"{where} has labels from {stored.min()} to {stored.max()}, and the classes are 0 to {self.stored - 1}",
                _HINT,
            )
        table = np.full(self.stored, IGNORED, dtype=np.int16)
        table[list(self.codes)] = np.arange(len(self.codes))
        return table[stored]


def labels_of(
    task: Task, folder: Path, names: tuple[str, ...], known: tuple[SampleFacts, ...], classes: Classes
) -> Labels:
    """The labels of all samples, by task.

    Raises:
        DataError: where one is no class.
    """
    paths = [folder / f"{name}.hdf5" for name in names]
    if task == "segmentation":
        return LabelMaps.checked(
            lambda number: classes.labels(read_label_map(paths[number]), paths[number]), names, classes.names
        )
    if task == "multilabel":
        return np.stack([_several(path, facts.label, classes) for path, facts in zip(paths, known, strict=True)])
    return np.array(
        [_one(path, facts.label, classes) for path, facts in zip(paths, known, strict=True)], dtype=np.int64
    )


def _one(path: Path, label: int | np.ndarray | None, classes: Classes) -> int:
    if not isinstance(label, int) or not 0 <= label < len(classes.names):
        raise DataError(f"{path} has the label {label}, and the classes are 0 to {len(classes.names) - 1}", _HINT)
    return label


def _several(path: Path, label: int | np.ndarray | None, classes: Classes) -> np.ndarray:
    is_row = isinstance(label, np.ndarray) and label.shape == (len(classes.names),)
    if not isinstance(label, np.ndarray) or not is_row or not np.isin(label, (0, 1)).all():
        raise DataError(
            f"{path} has the label {label}, and not a 0 or 1 for each of {len(classes.names)} classes", _HINT
        )
    return label.astype(bool)

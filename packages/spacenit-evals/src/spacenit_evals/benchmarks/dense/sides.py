"""Which samples a publisher trains on and tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION

ORDER = (TRAIN, VALIDATION, TEST)


def sides_of(lists: Mapping[int, Sequence[str]], folder: Path) -> tuple[tuple[str, ...], np.ndarray]:
    """The names of all samples, training samples first, and the side of each, int ``[n]``.

    Args:
        lists: side -> names.
        folder: where the lists are from, for messages.

    Raises:
        DataError: where a name is listed twice, or there is nothing to train on or to test on.
    """
    names = [name for side in ORDER for name in lists.get(side, ())]
    if len(set(names)) < len(names):
        repeated = next(name for place, name in enumerate(names) if name in names[:place])
        raise DataError(f"{folder} lists {repeated} twice among its splits", "copy them again from their publisher")
    for side, word in ((TRAIN, "train on"), (TEST, "test on")):
        if not lists.get(side):
            raise DataError(f"{folder} lists nothing to {word}", "copy the lists again from their publisher")
    return tuple(names), np.repeat(ORDER, [len(lists.get(side, ())) for side in ORDER])


def read_lines(path: Path) -> list[str]:
    """The lines of a text that say something.

    Raises:
        DataError: where it is absent, empty or no text.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again from its publisher") from error
    if not lines:
        raise DataError(f"{path} is empty", "copy it again from its publisher")
    return lines

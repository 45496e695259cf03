"""The samples of one side of a split, by their rows."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from spacenit_core.kinds.protocols import LabelledPart
from spacenit_core.kinds.tasks import IGNORED
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.protocols.probe.side import Target
from spacenit_finetune.batch import LabelledSamples


@frozen(eq=False)
class Samples:
    """m samples.

    Attributes:
        part: the side.
        target: what its labels mean.
    """

    part: LabelledPart
    target: Target

    def __len__(self) -> int:
        return len(self.part.groups)

    def batch(self, rows: np.ndarray) -> LabelledSamples:
        """Some of them with their labels."""
        labels = self.target.learnt(np.asarray(self.part.labels[rows]))
        known = labels.isfinite() if labels.is_floating_point() else labels != IGNORED
        return LabelledSamples(self.read(rows), labels, int(known.view(len(rows), -1).any(dim=1).sum()))

    def read(self, rows: np.ndarray) -> Sequence[SampleWindow]:
        """Some of them in stored units."""
        return self.part.samples(rows)

    def in_order(self, size: int) -> Iterator[np.ndarray]:
        """The rows, `size` at a time."""
        yield from (np.arange(start, min(start + size, len(self))) for start in range(0, len(self), size))

    def digest(self, size: int) -> str:
        """A hash of all pixels, dates, places and labels; it reads everything once."""
        found = hashlib.sha256()
        for rows in self.in_order(size):
            found.update(np.ascontiguousarray(np.asarray(self.part.labels[rows])).tobytes())
            for sample in self.read(rows):
                for name in sorted(sample.bands):
                    found.update(f"{name} {sample.bands[name].dtype} {sample.bands[name].shape}".encode())
                    found.update(np.ascontiguousarray(sample.bands[name]).tobytes())
                    found.update(np.ascontiguousarray(sample.present[name]).tobytes())
                found.update(np.ascontiguousarray(sample.timestamps).tobytes())
                found.update(np.ascontiguousarray(sample.latlon).tobytes())
        return found.hexdigest()[:16]

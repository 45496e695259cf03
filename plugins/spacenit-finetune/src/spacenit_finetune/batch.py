"""What the loader gives to the runner."""

from collections.abc import Iterator, Sequence

import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.samples.sample_window import SampleWindow


@frozen(eq=False)
class LabelledSamples:
    """B samples in stored units, with their labels as losses take them.

    Attributes:
        samples: the samples, which the model reads itself.
        labels: of each, ``[B, ...]``.
        counting: how many of the samples have a label that counts.
    """

    samples: Sequence[SampleWindow]
    labels: Tensor
    counting: int

    def __len__(self) -> int:
        return len(self.samples)

    def to(self, device: torch.device | str) -> "LabelledSamples":
        """The labels on a device."""
        return LabelledSamples(self.samples, self.labels.to(device), self.counting)

    def pin_memory(self) -> "LabelledSamples":
        """The labels in page-locked memory."""
        return LabelledSamples(self.samples, self.labels.pin_memory(), self.counting)

    def micro_batches(self, size: int) -> Iterator["LabelledSamples"]:
        """Itself: a mean over samples is none over their parts."""
        yield self

    def token_count(self) -> int:
        """Samples with a label that counts."""
        return self.counting

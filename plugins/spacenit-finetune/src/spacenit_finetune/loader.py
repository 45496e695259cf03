"""Loader `labelled_samples`: the training samples of a benchmark."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import CorruptSample, Loader, LoaderConfig, LoaderContext, LoaderInputs, TrainingBatch
from spacenit_core.rng import generator

if TYPE_CHECKING:
    from spacenit_finetune.batch import LabelledSamples
    from spacenit_finetune.samples import Samples

_ELSEWHERE = "the loader labelled_samples reads what `spacenit-run evaluate MODEL --protocol finetune` evaluates on"


@frozen(kw_only=True)
class LabelledSamplesConfig(LoaderConfig):
    """Settings of loader `labelled_samples`."""

    global_batch_size: int = setting("samples per step", 16, validator=at_least(1))
    seed: int = setting("seed of the order", 0, validator=at_least(0))

    def incompatibilities(self, experiment: LoaderInputs) -> list[UserError]:
        """Experiments that are not made by the protocol."""
        return [] if hasattr(experiment, "work") else [UserError(_ELSEWHERE)]

    def build(self, experiment: LoaderInputs, context: LoaderContext) -> Loader[TrainingBatch]:
        """Refused: `spacenit_finetune.experiment.FinetuneExperiment` opens it for samples that are at hand."""
        raise UserError(_ELSEWHERE)


class SampleLoader(Loader["LabelledSamples"]):
    """Each epoch reads all samples in another order, in batches that differ by one sample at most.

    Args:
        config: the settings.
        samples_: the training samples.
        fingerprint: what tells them from others.
    """

    def __init__(self, config: LabelledSamplesConfig, samples_: "Samples", fingerprint: dict[str, str]) -> None:
        self._config, self._samples, self._fingerprint = config, samples_, fingerprint

    @property
    def samples(self) -> int:
        """All of them."""
        return len(self._samples)

    @property
    def steps_per_epoch(self) -> int:
        """Batches that hold all samples."""
        return steps_of(self.samples, self._config.global_batch_size)

    def batches(self, first_step: int = 0) -> Iterator["LabelledSamples"]:
        """Batches from a step on."""
        step = first_step
        while True:
            epoch, within = divmod(step, self.steps_per_epoch)
            order = generator(self._config.seed, "fine-tuning order", epoch).permutation(self.samples)
            yield self._samples.batch(np.sort(np.array_split(order, self.steps_per_epoch)[within]))
            step += 1

    def fingerprint(self) -> dict[str, str]:
        """Of samples and labels, where the run is kept."""
        return self._fingerprint

    def recall_corrupt(self, indices: Iterable[int]) -> None:
        """Nothing is replaced: a sample that cannot be read ends the run."""

    def take_note(self, corrupt: Iterable[CorruptSample]) -> None:
        """Likewise."""

    def close(self) -> None:
        """Nothing runs beside this process."""


def steps_of(samples: int, batch_size: int) -> int:
    """Updates in one pass."""
    return -(-samples // batch_size)

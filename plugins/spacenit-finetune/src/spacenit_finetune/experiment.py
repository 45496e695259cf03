"""The experiment that fine-tunes an encoder: the trainer's, on samples and an encoder that are at hand."""

from typing import cast

import attrs
import torch
from attrs import frozen
from torch import nn

from spacenit_core.errors import DataError
from spacenit_core.kinds.loaders import Loader, LoaderContext, TrainingBatch
from spacenit_core.kinds.tasks import DENSE
from spacenit_evals.protocols.probe.measure import measure_of
from spacenit_finetune.heads import head_of
from spacenit_finetune.loader import LabelledSamplesConfig, SampleLoader
from spacenit_finetune.lora import add_low_ranks
from spacenit_finetune.model import FineTuned
from spacenit_finetune.model_config import FineTunedConfig
from spacenit_finetune.samples import Samples
from spacenit_finetune.schedule import FrozenThenPlateau
from spacenit_train.experiment import Experiment


@frozen(kw_only=True, eq=False)
class Work:
    """What no setting can hold.

    Attributes:
        encoder: a copy that may be changed.
        patches: height, width and length of the vectors that it gives for a sample.
        train: to learn from.
        validation: to choose the state by; None without.
        fingerprint: what tells the samples from others.
    """

    encoder: nn.Module
    patches: tuple[int, int, int]
    train: Samples
    validation: Samples | None
    fingerprint: dict[str, str]


@frozen(kw_only=True)
class FinetuneExperiment(Experiment):
    """Any experiment, with samples and an encoder that are at hand."""

    work: Work | None = attrs.field(default=None, init=False, eq=False, repr=False)

    def on(self, work: Work) -> "FinetuneExperiment":
        """The experiment, which works on this from now on."""
        object.__setattr__(self, "work", work)
        return self

    @property
    def at_hand(self) -> Work:
        """What it works on."""
        assert self.work is not None, "an experiment of fine-tuning is made by its protocol"
        return self.work

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass over the training samples."""
        return self._schedule.steps_per_epoch

    @property
    def values(self) -> list[float]:
        """What the epochs so far were worth on the validation samples."""
        return self._schedule.values

    @property
    def _schedule(self) -> FrozenThenPlateau:
        return cast(FrozenThenPlateau, self.train_module.scheduler)

    def open_loader(self, context: LoaderContext) -> Loader[TrainingBatch]:
        """The training samples."""
        config = cast(LabelledSamplesConfig, self.data_loader)
        return SampleLoader(config, self.at_hand.train, self.at_hand.fingerprint)

    def build_model(self) -> nn.Module:
        """The encoder with a new head."""
        config, work = cast(FineTunedConfig, self.model), self.at_hand
        if config.lora_rank:
            add_low_ranks(work.encoder, config.lora_rank, config.lora_alpha)
        size = tuple(work.train.part.labels.shape[1:]) if config.task in DENSE else ()
        head = head_of(config.head, config.task, config.classes, work.patches, size)
        return FineTuned(work.encoder, head, maps=config.task in DENSE)

    def worth(self, model: nn.Module) -> float:
        """What a state is worth on the validation samples, the larger, the better.

        Raises:
            DataError: where none has a label that counts, or the model gives no numbers.
        """
        samples = self.at_hand.validation
        assert samples is not None
        measure = measure_of(samples.target.task, 1, samples.target.classes)
        was_training = model.training
        model.eval()
        with torch.no_grad():
            for rows in samples.in_order(self.data_loader.global_batch_size):
                batch = samples.batch(rows)
                outputs = model(batch.samples).float().cpu()
                if not bool(outputs.isfinite().all()):
                    raise DataError("the fine-tuned model gives no numbers any more", "give a lower learning_rate")
                measure.add(outputs[None], batch.labels)
        model.train(was_training)
        value = float(measure.values()[0])
        if value != value:
            raise DataError("no validation sample has a label that counts")
        return value

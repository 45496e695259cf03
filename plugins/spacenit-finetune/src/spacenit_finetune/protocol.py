"""Fine-tuning, as evaluations see it."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

from spacenit_core.checkpoint.tensors import copy_into, state_digest, unpack
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder, Trainable
from spacenit_core.kinds.protocols import LabelledSplit, Prediction
from spacenit_evals.protocols.probe.finish import finished
from spacenit_evals.protocols.probe.side import Target
from spacenit_finetune.best_state import best_epoch, state_file
from spacenit_finetune.config import Finetune
from spacenit_finetune.experiment import Work
from spacenit_finetune.samples import Samples
from spacenit_finetune.settings import experiment_of
from spacenit_train.trainer import resume
from spacenit_train.trainer.trainer import Trainer

_FIRST = 4
"""Samples that the encoder is shown to tell it from others."""


class FineTuning:
    """Implements `EvaluationProtocol`.

    Args:
        config: the settings.

    Attributes:
        remark: which state is used.
    """

    def __init__(self, config: Finetune) -> None:
        self.config = config
        self.remark = ""

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Iterator[Prediction]:
        """Fine-tune a copy of the embedder's model, and predict the test samples by batches.

        Raises:
            UserError: for an embedder that has no model to train, and a head that does not fit the task.
            DataError: for labels that nothing can be learnt from.
            InterruptedRunError: after a signal; where a folder is set, the same command goes on.
        """
        if not isinstance(embedder, Trainable):
            raise UserError(
                "finetune trains a model further, and this embedder has none that can be trained",
                "judge it by linear_probe, or leave it out",
            )
        work = self._work(embedder.trainable(), split)
        model = self._trained(work)
        test = Samples(split.test, work.train.target)
        return _predictions(model, test, self.config.batch_size)

    def _work(self, encoder: nn.Module, split: LabelledSplit) -> Work:
        target = Target.of(split.task, split.classes, split.train.labels)
        train = Samples(split.train, target)
        held_out = split.validation
        validation = None if held_out is None or not len(held_out.groups) else Samples(held_out, target)
        encoder.eval()
        with torch.no_grad():
            patches = encoder(train.read(np.arange(min(_FIRST, len(train))))).float().cpu()
        _, rows, columns, width = patches.shape
        fingerprint = {"encoder": state_digest(encoder)[:16], "patches": _summary(patches)}
        if self.config.folder is not None:
            sides = {"training": train} | ({} if validation is None else {"validation": validation})
            fingerprint |= {name: side.digest(self.config.batch_size) for name, side in sides.items()}
        return Work(
            encoder=encoder,
            patches=(rows, columns, width),
            train=train,
            validation=validation,
            fingerprint=fingerprint,
        )

    def _trained(self, work: Work) -> nn.Module:
        """The model in the state that is used."""
        with ExitStack() as resources:
            if self.config.folder is None:
                folder = Path(resources.enter_context(TemporaryDirectory(prefix="finetune-")))
            else:
                folder = self.config.folder / self._key(work)
            experiment = experiment_of(self.config, work, folder)
            resources.enter_context(torch.random.fork_rng(devices=[]))
            trainer = Trainer(experiment, single=True)
            trainer.fit()
            if work.validation is not None:
                epoch = best_epoch(experiment.values)
                path = state_file(folder, epoch)
                copy_into(trainer.model, unpack(path), path)
                self.remark = f"epoch {epoch} of {self.config.epochs}, chosen on validation samples"
        return trainer.model.eval()

    def _key(self, work: Work) -> str:
        """The name of a run's folder: other settings, samples or another encoder, another folder."""
        settings = resume.plain(experiment_of(self.config, work, Path()))
        for free in ("trainer", "launch", "run_name"):
            settings.pop(free)
        text = json.dumps([settings, work.fingerprint, work.train.target.classes], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _predictions(model: nn.Module, test: Samples, size: int) -> Iterator[Prediction]:
    for rows in test.in_order(size):
        # Not around the loop: whoever stops in the middle of it would go on without gradients.
        with torch.no_grad():
            outputs = model(test.read(rows)).float().cpu()
        yield finished(outputs, test.target)


def _summary(patches: torch.Tensor) -> str:
    """What an encoder makes of the first samples: weights alone do not tell how pixels are normalised.

    Rounded, so that the last bits of other machines or threads make no other run.
    """
    known = patches.double().flatten(0, 2).nan_to_num()
    numbers = [known.mean(), known.square().mean().sqrt(), *known.mean(dim=0)[:4]]
    return f"{list(patches.shape[1:])} " + " ".join(f"{float(number):.2e}" for number in numbers)

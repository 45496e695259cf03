"""The settings of the experiment that a protocol makes."""

import math
from pathlib import Path

from spacenit_finetune.best_state import BestStateConfig
from spacenit_finetune.config import Finetune
from spacenit_finetune.experiment import FinetuneExperiment, Work
from spacenit_finetune.loader import LabelledSamplesConfig, steps_of
from spacenit_finetune.model_config import FineTunedConfig
from spacenit_finetune.runner_config import TaskLossConfig
from spacenit_finetune.schedule import FrozenThenPlateau
from spacenit_train.callbacks.checkpointer import CheckpointerConfig
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.trainer.config import Duration, TrainerConfig


def experiment_of(config: Finetune, work: Work, folder: Path) -> FinetuneExperiment:
    """What is trained.

    Args:
        config: the protocol's settings.
        work: samples and encoder.
        folder: where the run is kept.
    """
    batch = min(config.batch_size, len(work.train))
    per_epoch = steps_of(len(work.train), batch)
    target = work.train.target
    device = next(work.encoder.parameters()).device.type
    experiment = FinetuneExperiment(
        run_name="finetune",
        seed=config.seed,
        model=FineTunedConfig(
            encoder=" ".join(work.fingerprint[name] for name in ("encoder", "patches")),
            task=target.task,
            classes=target.classes,
            head=config.head,
            lora_rank=config.lora_rank,
            lora_alpha=config.lora_alpha,
        ),
        data_loader=LabelledSamplesConfig(global_batch_size=batch, seed=config.seed),
        train_module=TaskLossConfig(
            optim=AdamWConfig(lr=config.learning_rate, weight_decay=config.weight_decay),
            scheduler=FrozenThenPlateau(
                steps_per_epoch=per_epoch,
                frozen_epochs=math.ceil(config.frozen_share * config.epochs),
                unfrozen_factor=config.unfrozen_factor,
                plateau_factor=config.plateau_factor,
                patience=config.patience,
                cooldown=config.cooldown,
            ),
            rank_microbatch_size=batch,
            task=target.task,
            dice=config.dice,
        ),
        trainer=TrainerConfig(
            save_folder=folder,
            max_duration=Duration(value=config.epochs, unit="epochs"),
            metrics_collect_interval=per_epoch,
            device="cuda" if device == "cuda" else "cpu",
            callbacks={
                "best_state": BestStateConfig(enabled=work.validation is not None),
                "checkpointer": CheckpointerConfig(
                    save_interval=per_epoch * config.epochs,
                    ephemeral_save_interval=None if config.folder is None else per_epoch,
                ),
            },
        ),
    )
    return experiment.on(work)

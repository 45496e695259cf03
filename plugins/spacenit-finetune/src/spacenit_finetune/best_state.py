"""Callback `best_state`: what each epoch is worth on the validation samples, and the state of the best one."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.callbacks import Callback, CallbackConfig, RunningTrainer

if TYPE_CHECKING:
    from spacenit_finetune.experiment import FinetuneExperiment


@frozen(kw_only=True)
class BestStateConfig(CallbackConfig):
    """Keeps the state of the epoch that was best on the validation samples, the earlier of equals."""

    enabled: bool = setting("whether there are validation samples", True)

    def build(self) -> Callback:
        """It holds no state: values are read from the metrics, states from the folder."""
        return BestState()


class BestState(Callback):
    """Evaluates after each epoch."""

    def on_run_start(self, trainer: RunningTrainer) -> None:
        """Read what the epochs so far were worth."""
        from spacenit_train.trainer.metrics import read_metrics

        path = trainer.run_folder / "metrics.jsonl"
        rows = read_metrics(path) if path.exists() else []
        _experiment(trainer).values[:] = [row[VALUE] for row in rows if VALUE in row]

    def on_step_end(self, trainer: RunningTrainer, metrics: dict[str, float]) -> None:
        """Evaluate where an epoch ends, and keep the state where it is the best."""
        experiment, step = _experiment(trainer), trainer.progress.step
        if step % experiment.steps_per_epoch:
            return
        value = metrics[VALUE] = experiment.worth(trainer.model)
        experiment.values.append(value)
        if best_epoch(experiment.values) == len(experiment.values):
            _write(trainer, state_file(trainer.run_folder, len(experiment.values)))

    def on_checkpoint(self, trainer: RunningTrainer, path: Path) -> None:
        """Remove states that nothing goes back to."""
        values = _experiment(trainer).values
        kept = state_file(trainer.run_folder, best_epoch(values)) if values else None
        for other in trainer.run_folder.glob("best-*.safetensors"):
            if other != kept:
                other.unlink()


VALUE = "validation"
"""The metric of a step that ends an epoch."""


def best_epoch(values: list[float]) -> int:
    """The first of the best epochs, counted from 1."""
    return 1 + max(range(len(values)), key=values.__getitem__)


def state_file(folder: Path, epoch: int) -> Path:
    """Where the state after an epoch is kept."""
    return folder / f"best-{epoch:05d}.safetensors"


def _write(trainer: RunningTrainer, path: Path) -> None:
    from spacenit_core.checkpoint.files import replace_file
    from spacenit_core.checkpoint.tensors import pack

    replace_file(path, pack(trainer.model.state_dict()))


def _experiment(trainer: RunningTrainer) -> "FinetuneExperiment":
    return cast("FinetuneExperiment", trainer.experiment)

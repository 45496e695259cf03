"""Callback `checkpointer`: when to save, and which checkpoints to keep."""

from pathlib import Path

from attrs import frozen

from spacenit_core import checkpoint
from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import DataError
from spacenit_core.kinds.callbacks import Callback, CallbackConfig, RunningTrainer
from spacenit_train.trainer.signals import InterruptedRunError


@frozen(kw_only=True)
class CheckpointerConfig(CallbackConfig):
    """Saves in intervals, at the last step and when a run is interrupted."""

    enabled: bool = setting("whether to save at all", True)
    save_interval: int = setting("steps between two checkpoints that are kept", 5000, validator=at_least(1))
    ephemeral_save_interval: int | None = setting(
        "steps between two checkpoints of which the next one takes the place (none: no such checkpoints)",
        250,
        validator=at_least(1),
    )

    def inactive(self) -> dict[str, str]:
        """Also the short interval, where it only hits steps that are kept anyway."""
        found, short = super().inactive(), self.ephemeral_save_interval
        if short is not None and short % self.save_interval == 0:
            found.setdefault("ephemeral_save_interval", f"save_interval={self.save_interval}")
        return found

    def never_reached(self, steps: int) -> dict[str, str]:
        """Intervals that do not end within the run."""
        found, short = {}, self.ephemeral_save_interval
        if self.save_interval > steps:
            lost = short is None or short > steps
            found["save_interval"] = f"its end alone is kept{', and a run that is killed begins again' if lost else ''}"
        if short is not None and short > steps:
            found["ephemeral_save_interval"] = "it never ends"
        return found

    def build(self) -> "Checkpointer":
        """It holds no state: what was saved is read from the folder."""
        return Checkpointer(self)


class Checkpointer(Callback):
    """Saves at the end of a step; what a newer checkpoint replaces is removed after that one is on disk.

    Args:
        config: the intervals.
    """

    def __init__(self, config: CheckpointerConfig) -> None:
        self.config = config

    def on_step_end(self, trainer: RunningTrainer, metrics: dict[str, float]) -> None:
        """Save where an interval ends."""
        step, ephemeral = trainer.progress.step, self.config.ephemeral_save_interval
        if step % self.config.save_interval == 0:
            trainer.save(ephemeral=False)
        elif ephemeral is not None and step % ephemeral == 0:
            trainer.save(ephemeral=True)

    def on_checkpoint(self, trainer: RunningTrainer, path: Path) -> None:
        """Remove the ephemeral checkpoints that the published one replaces (rank 0)."""
        for other in checkpoint.checkpoints(trainer.run_folder):
            if other != path and _is_ephemeral(other):
                checkpoint.remove(other)

    def on_run_end(self, trainer: RunningTrainer, error: BaseException | None) -> None:
        """Save the last state: to keep where the run is complete, to resume from where it was interrupted."""
        if error is None:
            trainer.save(ephemeral=False)
        elif isinstance(error, InterruptedRunError) and trainer.progress.step:
            trainer.save(ephemeral=True)


def _is_ephemeral(path: Path) -> bool:
    try:
        return checkpoint.Manifest.read(path).ephemeral
    except DataError:
        # Damaged ones stay for the person who wants to know why.
        return False

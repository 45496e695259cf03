"""Who hears of what happens in a run: its callbacks in order, and the hooks of plugins (rank 0)."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from attrs import Factory, define

from spacenit_core.contracts.build import build
from spacenit_core.contracts.callbacks import check_row
from spacenit_core.contracts.owner import Owner, owner_of
from spacenit_core.kinds.callbacks import Callback, CallbackConfig, RunningTrainer
from spacenit_core.plugins.hooks import hooks
from spacenit_train.trainer.metrics import Row
from spacenit_train.trainer.signals import InterruptedRunError


@define(eq=False)
class Listeners:
    """Tells everybody; `trainer` is the running `spacenit_train.trainer.trainer.Trainer`.

    Attributes:
        callbacks: those of the run, in order.
        owners: by `id`, whose they are.
    """

    callbacks: list[Callback] = Factory(list)
    owners: dict[int, Owner] = Factory(dict)

    @classmethod
    def of(cls, configs: Iterable[CallbackConfig]) -> "Listeners":
        """Build the callbacks that are not disabled."""
        built = [(build(config), owner_of(config)) for config in configs if config.enabled is not False]
        return cls([callback for callback, _ in built], {id(callback): owner for callback, owner in built})

    def run_started(self, trainer: RunningTrainer) -> None:
        """Before the first step."""
        if trainer.world.is_main:
            hooks().hook.spacenit_run_started(run_folder=trainer.run_folder, config=trainer.experiment)
        for callback in self.callbacks:
            callback.on_run_start(trainer)

    def step_ended(self, trainer: RunningTrainer, row: Row) -> None:
        """After a step; numbers that callbacks add to its row stay there.

        Raises:
            PluginError: for anything else that a callback does to the row.
        """
        for callback in self.callbacks:
            before = dict(row)
            callback.on_step_end(trainer, row)
            owner = self.owners.get(id(callback)) or owner_of(callback)
            check_row(row, before, owner)

    def rows_written(self, trainer: RunningTrainer, rows: list[Row]) -> None:
        """After rows were written to `metrics.jsonl` (rank 0)."""
        for callback in self.callbacks:
            callback.on_metrics(trainer, rows)

    def checkpoint_saved(self, trainer: RunningTrainer, path: Path) -> None:
        """After a checkpoint was published (rank 0)."""
        for callback in self.callbacks:
            callback.on_checkpoint(trainer, path)
        hooks().hook.spacenit_checkpoint_saved(path=path, step=trainer.progress.step)

    def run_ended(self, trainer: RunningTrainer, failure: BaseException | None) -> None:
        """After the last step, or when the run stops. Everybody hears it, whatever another one raises."""
        outcome = "interrupted" if isinstance(failure, InterruptedRunError) else "failed" if failure else "finished"
        with ExitStack() as endings:
            # The stack calls them from the last to the first.
            if trainer.world.is_main:
                endings.callback(hooks().hook.spacenit_run_finished, run_folder=trainer.run_folder, outcome=outcome)
            for callback in reversed(self.callbacks):
                endings.callback(callback.on_run_end, trainer, failure)

"""Callback `console`: a progress bar on a terminal, plain lines in intervals elsewhere."""

from datetime import timedelta

from attrs import frozen
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from spacenit_core.cli.console import err_console
from spacenit_core.config.fields import setting
from spacenit_core.kinds.callbacks import Callback, CallbackConfig, RunningTrainer

_MEMORY = 0.95
"""Weight of the past in the running means of speed; about 20 steps."""


@frozen(kw_only=True)
class ConsoleConfig(CallbackConfig):
    """Shows step, loss, samples per second, the share of time spent waiting for data, and the time to go."""

    enabled: bool = setting("whether to show progress", True)

    def build(self) -> "ConsoleProgress":
        """The display opens when the run starts."""
        return ConsoleProgress()


class ConsoleProgress(Callback):
    """Speaks on rank 0 alone.

    Args:
        console: where to write; stderr by default.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or err_console()
        self.bar: Progress | None = None
        self.speed = _Speed()
        self.loss: float | None = None

    def on_run_start(self, trainer: RunningTrainer) -> None:
        """Show where the run starts."""
        if not trainer.world.is_main:
            return
        self.console.print(trainer.summary(), markup=False, soft_wrap=True)
        if self.console.is_terminal:
            self.bar = Progress(
                TextColumn("step {task.completed}/{task.total}"),
                BarColumn(),
                TextColumn("{task.description}"),
                console=self.console,
            )
            self.bar.add_task("", total=trainer.planned_steps or None, completed=trainer.progress.step)
            self.bar.start()

    def on_step_end(self, trainer: RunningTrainer, metrics: dict[str, float]) -> None:
        """Move the bar, or write a line where an interval ends."""
        if not trainer.world.is_main:
            return
        step, total = trainer.progress.step, trainer.planned_steps
        self.speed.add(metrics["seconds"], metrics["data_seconds"])
        # On a GPU the loss of most steps is read later, with that of others.
        self.loss = metrics.get("loss", self.loss)
        text = self.speed.text(self.loss, trainer.global_batch_size, total - step)
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=step, total=total, description=text)
        elif trainer.ends_interval or trainer.is_complete:
            self.console.print(f"step {step}/{total}  {text}", markup=False, soft_wrap=True)

    def on_run_end(self, trainer: RunningTrainer, error: BaseException | None) -> None:
        """Leave the terminal as it was."""
        if self.bar is not None:
            self.bar.stop()


class _Speed:
    """Running means of seconds per step. The first step of a process, which warms everything up, is left out."""

    def __init__(self) -> None:
        self.steps = -1
        self.step = self.data = self.weight = 0.0

    def add(self, step: float, data: float) -> None:
        self.steps += 1
        if self.steps == 1:
            self.step = self.data = self.weight = 0.0
        self.step = _MEMORY * self.step + (1 - _MEMORY) * step
        self.data = _MEMORY * self.data + (1 - _MEMORY) * data
        self.weight = _MEMORY * self.weight + (1 - _MEMORY)

    def text(self, loss: float | None, batch: int, remaining: int) -> str:
        seconds = max(self.step / self.weight, 1e-9)
        left = timedelta(seconds=round(seconds * remaining))
        wait = self.data / max(self.step, 1e-9)
        shown = "-" if loss is None else f"{loss:.4f}"
        return f"loss {shown}  {batch / seconds:.1f} samples/s  data wait {wait:.0%}  ETA {left}"

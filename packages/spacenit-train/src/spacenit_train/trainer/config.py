"""Settings of the trainer."""

from pathlib import Path
from typing import Literal

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.callbacks import CallbackConfig
from spacenit_core.kinds.strategies import StrategyConfig
from spacenit_train.callbacks.checkpointer import CheckpointerConfig
from spacenit_train.callbacks.console import ConsoleConfig
from spacenit_train.callbacks.wandb import WandbConfig
from spacenit_train.distributed.strategies.ddp.config import DDPConfig
from spacenit_train.distributed.strategies.single import SingleConfig


@frozen(kw_only=True)
class Duration:
    """How long to train: a number of updates, of passes over the data, or of tokens.

    A token is a patch of one view that is not missing, counted over the global batch. A run that is measured in tokens
    ends with the step that reaches the number.
    """

    value: int = setting("how many of the unit", 300, validator=at_least(1))
    unit: Literal["steps", "epochs", "tokens"] = setting("steps, epochs or tokens", "epochs")

    def __str__(self) -> str:
        return f"{self.value:,} {self.unit}"


def _callbacks() -> dict[str, CallbackConfig]:
    return {"checkpointer": CheckpointerConfig(), "console": ConsoleConfig(), "wandb": WandbConfig()}


@frozen(kw_only=True)
class TrainerConfig:
    """How long to train, where to write and what happens beside the step."""

    save_folder: Path | None = setting("the run's folder; unset: the launcher's folder for the run's name", None)
    load_path: Path | None = setting(
        "run or checkpoint whose weights to start from; a run's own checkpoint goes first", None
    )
    max_duration: Duration = setting("how long to train", factory=Duration)
    metrics_collect_interval: int = setting(
        "steps between two writes of metrics to files and console, and on a GPU between two waits for it",
        10,
        validator=at_least(1),
    )
    device: Literal["auto", "cpu", "cuda"] = setting("where to compute; auto: the GPU where there is one", "auto")
    strategy: StrategyConfig | None = setting(
        "how processes share the model; unset: single for one process, ddp for several", None, unwritten=True
    )
    callbacks: dict[str, CallbackConfig] = setting("what happens beside the step, in order", factory=_callbacks)

    def strategy_of(self, ranks: int) -> StrategyConfig:
        """How so many processes share the model."""
        return self.strategy or (SingleConfig() if ranks == 1 else DDPConfig())

    def never_reached(self, steps: int) -> dict[str, str]:
        """The interval of metrics, where the run ends before it does."""
        late = self.metrics_collect_interval > steps
        return {"metrics_collect_interval": "metrics are written at its end alone"} if late else {}

"""Callback `wandb`: the metrics of a run at Weights & Biases, where that is possible. It never ends a run."""

import os
import secrets
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from spacenit_core.cli.console import err_console
from spacenit_core.config.converter import unstructure
from spacenit_core.config.fields import setting
from spacenit_core.environment import install_line
from spacenit_core.kinds.callbacks import Callback, CallbackConfig, RunningTrainer
from spacenit_train.callbacks.reach import answers

_SERVER = "https://api.wandb.ai"
_PATIENCE = 3.0


@frozen(kw_only=True)
class WandbConfig(CallbackConfig):
    """Copies metrics.jsonl to Weights & Biases; without network to a folder that `wandb sync` uploads later."""

    enabled: bool | Literal["auto"] = setting("auto: where WANDB_API_KEY is set and wandb is installed", "auto")
    project: str = setting("the project's name", "spacenit")
    entity: str | None = setting("user or team; unset: the key's own", None)
    group: str | None = setting("runs that belong together", None)
    tags: tuple[str, ...] = setting("labels of the run", ())

    def build(self) -> "WandbLogger":
        """The logger signs in when the run starts."""
        return WandbLogger(self)


class WandbLogger(Callback):
    """Sends rows as they are collected; the first error ends the sending, not the run.

    Args:
        config: where to.
    """

    def __init__(self, config: WandbConfig) -> None:
        self.config = config
        self.run: Any = None

    def on_run_start(self, trainer: RunningTrainer) -> None:
        """Open the run: a new one, or the one of this run folder."""
        if trainer.world.is_main and self.is_wanted():
            self._carefully(lambda: self._open(trainer))

    def on_metrics(self, trainer: RunningTrainer, rows: list[dict[str, Any]]) -> None:
        """Send some steps' metrics."""
        if self.run is not None:
            self._carefully(lambda: self._send(rows))

    def on_run_end(self, trainer: RunningTrainer, error: BaseException | None) -> None:
        """Close the run."""
        if self.run is not None:
            self._carefully(lambda: self.run.finish(exit_code=0 if error is None else 1))

    def is_wanted(self) -> bool:
        """Whether to send anything from this machine."""
        found = find_spec("wandb")
        # A folder of that name (offline runs lie in one) is found as well, but comes from nowhere.
        installed = found is not None and found.origin is not None
        if self.config.enabled == "auto":
            return installed and bool(os.environ.get("WANDB_API_KEY"))
        if self.config.enabled and not installed:
            self._say(f"wandb is not installed ({install_line('spacenit-train[wandb]')}); see metrics.jsonl")
        return bool(self.config.enabled) and installed

    def _open(self, trainer: RunningTrainer) -> None:
        import wandb

        mode = choose_mode()
        if mode == "offline":
            self._say("wandb keeps this run offline; `wandb sync` uploads it later")
        self.run = wandb.init(
            project=self.config.project,
            entity=self.config.entity,
            group=self.config.group,
            tags=list(self.config.tags),
            name=trainer.run_name,
            id=run_id(trainer.run_folder),
            resume="allow",
            dir=str(trainer.run_folder),
            mode=mode,
            config=unstructure(trainer.experiment),
        )

    def _send(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self.run.log(row, step=row["step"])

    def _carefully(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            self.run = None
            self._say(f"wandb is left out from here on ({type(error).__name__}: {error}); metrics.jsonl has everything")

    @staticmethod
    def _say(text: str) -> None:
        err_console().print(text, markup=False, soft_wrap=True)


def choose_mode() -> str:
    """WANDB_MODE where it is set, else "online" where the server answers (through a proxy, if need be), else "offline".

    It is decided before `wandb.init`, which would hang on a machine without network.
    """
    if mode := os.environ.get("WANDB_MODE"):
        return mode
    if not os.environ.get("WANDB_API_KEY"):
        return "offline"
    return "online" if answers(os.environ.get("WANDB_BASE_URL") or _SERVER, _PATIENCE) else "offline"


def run_id(run_folder: Path) -> str:
    """The identifier of a run folder at Weights & Biases, made at its first use."""
    path = run_folder / "wandb_id.txt"
    if not path.exists():
        path.write_text(secrets.token_hex(4))
    return path.read_text().strip()

"""Kind `callbacks`: what happens beside the training step. `trainer.callbacks` is an ordered mapping of them."""

from typing import TYPE_CHECKING, Any, ClassVar

from spacenit_core.kinds.base import EntryConfig, all_but
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path


class Callback:
    """Every method may be left out. `trainer` is the running trainer (see `spacenit_train.trainer`)."""

    def on_run_start(self, trainer: Any) -> None:
        """Before the first step, after a checkpoint was loaded."""

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        """After each step, with its metrics; on a GPU loss and gradient only where the device was waited for.

        Numbers that are added to the metrics are written with them, in every step; the others stay as
        they are.
        """

    def on_metrics(self, trainer: Any, rows: list[dict[str, Any]]) -> None:
        """After rows were written to `metrics.jsonl`, in intervals and at the end (rank 0)."""

    def on_checkpoint(self, trainer: Any, path: "Path") -> None:
        """After a checkpoint was published (rank 0)."""

    def on_run_end(self, trainer: Any, error: BaseException | None) -> None:
        """After the last step, or when the run stops for an error or a signal."""


class CallbackConfig(EntryConfig):
    """Base of callback entries; every one has `enabled`.

    An entry whose `attach` is true joins every run of an installation without being named by a recipe.
    """

    __slots__ = ()

    attach: ClassVar[bool] = False

    enabled: Any

    def inactive(self) -> dict[str, str]:
        """All others, where `enabled` is false."""
        return all_but(self, "enabled", "false") if self.enabled is False else {}

    def build(self) -> Callback:
        """What is called by the trainer's events, with the state that it keeps between them."""
        raise NotImplementedError


CALLBACKS: Registry[type[CallbackConfig]] = Registry("callbacks", CallbackConfig, renamed={"console_logger": "console"})

"""Events that everybody who cares hears. Implementations are free of order; what is chosen by name is an entry instead.

A plugin implements some of them in a module (or object) and declares it in the entry-point group `spacenit.hooks`::

    from spacenit_core.plugins.hookspecs import hookimpl

    @hookimpl
    def spacenit_checkpoint_saved(path, step):
        upload(path)

What an implementation raises ends the run, so catch what the run should survive.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from spacenit_core.kinds.recipes import AnyExperiment

PROJECT = "spacenit"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def spacenit_check_experiment(experiment: "AnyExperiment") -> list[str]:  # type: ignore[empty-body]
    """Look at a resolved experiment before anything is built.

    Returns:
        One sentence per problem; any problem ends the command with exit code 2.
    """


@hookspec
def spacenit_run_started(run_folder: Path, config: "AnyExperiment") -> None:
    """A run begins (rank 0, before the first step); `config` is its resolved experiment."""


@hookspec
def spacenit_run_finished(run_folder: Path, outcome: str) -> None:
    """A run ends (rank 0): "finished", "interrupted" or "failed"."""


@hookspec
def spacenit_checkpoint_saved(path: Path, step: int) -> None:
    """A checkpoint was published (rank 0)."""


@hookspec
def spacenit_environment() -> dict[str, str]:  # type: ignore[empty-body]
    """Rows to keep with a run's description of its environment, e.g. the name of the machine."""

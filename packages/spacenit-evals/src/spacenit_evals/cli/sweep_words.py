"""The settings of a sweep's command line, by what they are of."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.config.parsing import parse
from spacenit_core.errors import UserError

_TASKS = "--trainer.callbacks.downstream_evaluator.tasks_to_run="


@frozen(kw_only=True)
class SweepWords:
    """What settings of a sweep begin with; those of a run are checked against what the run was trained by."""

    model: Any = setting("of the model", None)
    protocol: Any = setting("of the protocols", None)
    trainer: Any = setting("of the run", None)
    train_module: Any = setting("of the run", None)
    data_loader: Any = setting("of the run", None)
    dataset: Any = setting("of the run", None)


@frozen(kw_only=True)
class SortedWords:
    """Settings as `--a.b=value`.

    Attributes:
        model: of the model.
        protocol: of the protocols.
        run: of the run that is evaluated.
        tasks: the tasks that are named as in a run; None where there are none.
    """

    model: tuple[str, ...]
    protocol: tuple[str, ...]
    run: tuple[str, ...]
    tasks: tuple[str, ...] | None


def sorted_words(overrides: Sequence[str]) -> SortedWords:
    """Sort settings by what they are of.

    Raises:
        UserError: for a list of tasks that is none.
    """
    named = [word for word in overrides if word.startswith(_TASKS)]
    if len(named) > 1:
        raise UserError("tasks_to_run is given twice", "keep one of them")
    rest = [word for word in overrides if word not in named]
    of = {part: tuple(word for word in rest if word.startswith(f"--{part}.")) for part in ("model", "protocol")}
    return SortedWords(
        model=of["model"],
        protocol=of["protocol"],
        run=tuple(word for word in rest if word not in of["model"] and word not in of["protocol"]),
        tasks=tuple(parse(named[0].removeprefix(_TASKS), tuple[str, ...])) if named else None,
    )

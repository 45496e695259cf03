"""`evaluate RECIPE RUN_NAME CLUSTER`, as trainers have it, told from `evaluate MODEL`."""

from collections.abc import Sequence
from pathlib import Path

import click

from spacenit_core.errors import UserError
from spacenit_core.kinds.commands import COMMANDS
from spacenit_core.kinds.recipes import RECIPES

COMMAND = "launch_evaluate"
"""What evaluates a run by its recipe; another package has it."""


def is_trainers_form(words: Sequence[str]) -> bool:
    """Whether a command line is the trainer's: three words, of which the first is a recipe and no folder.

    Args:
        words: all that stands behind `evaluate`, without its own options.
    """
    names = [word for word in words if not word.startswith("-")]
    if len(names) != 3 or Path(names[0]).expanduser().exists():
        return False
    return RECIPES.canonical(names[0].partition("+")[0]) in RECIPES.names()


def evaluate_run(words: Sequence[str], stated: Sequence[str]) -> int:
    """Evaluate the newest checkpoint of a run on the tasks of its recipe.

    Args:
        words: RECIPE RUN_NAME CLUSTER and settings of the run.
        stated: options that are of the other form.

    Returns:
        The exit code.

    Raises:
        UserError: for options of the other form, and where no package can do it.
    """
    if stated:
        raise UserError(
            f"{', '.join(stated)}: `evaluate RECIPE RUN_NAME CLUSTER` evaluates the tasks of the run's "
            "downstream_evaluator",
            "leave it out, or give the run's folder as MODEL: `evaluate FOLDER --benchmark NAME`",
        )
    if COMMAND not in COMMANDS.names():
        COMMANDS.entry(COMMAND)
    command = COMMANDS.get(COMMAND)
    found = command.main(args=list(words), prog_name="spacenit-run evaluate", standalone_mode=False)
    return found if type(found) is int else 0


def stated_options(ctx: click.Context) -> list[str]:
    """The options of a command that somebody gave, as they are typed."""
    from click.core import ParameterSource

    given = [
        param
        for param in ctx.command.params
        if isinstance(param, click.Option) and ctx.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
    ]
    return [param.opts[0] for param in given]

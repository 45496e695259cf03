"""What the commands that take RECIPE RUN_NAME CLUSTER share: their arguments, and how a run is resolved from them."""

import functools
import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import click
from attrs import frozen

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.parsing import parse
from spacenit_core.errors import UserError, naming_options
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.text import shell_lines
from spacenit_train.aliases import ALIASES
from spacenit_train.distributed.rank_environment import started_as
from spacenit_train.experiment import Experiment
from spacenit_train.run import Run, resolve_run
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.tile_options import OPTIONS

HELP = 80
"""Characters of the lines of help that click leaves as they are."""

ARGUMENTS = ("RECIPE", "RUN_NAME", "CLUSTER")

CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}
"""Settings of click for commands that take `--a.b=value`."""

_NCCL_DEBUG = "--common.nccl_debug="

_TORCHRUN_VALUES = {
    "nproc_per_node": (r"[1-9]\d*|gpu|cpu|auto", "a number of processes, or gpu, cpu or auto"),
    "nnodes": (r"[1-9]\d*(:[1-9]\d*)?", "a number of machines"),
    "node_rank": (r"\d+", "the number of this machine, from 0"),
}
"""Option of torchrun -> the form of its values, and what to call them."""


@frozen(kw_only=True)
class Processes:
    """How many processes the command asks torchrun for.

    Attributes:
        nproc_per_node: processes on this machine, or "gpu", "cpu", "auto"; None where torchrun is not asked for.
        nnodes: machines.
        node_rank: the number of this machine.
        master_addr: the address of machine 0.

    Raises:
        UserError: for a value that torchrun would not understand.
    """

    nproc_per_node: str | None = None
    nnodes: str | None = None
    node_rank: str | None = None
    master_addr: str | None = None

    def __attrs_post_init__(self) -> None:
        for name, (form, valid) in _TORCHRUN_VALUES.items():
            value = self._values()[name]
            if value is not None and not re.fullmatch(form, value):
                raise UserError(f"--{name}={value} cannot be used", f"give {valid}")

    @property
    def wanted(self) -> bool:
        """Whether torchrun is asked for."""
        return any(value is not None for value in self._values().values())

    def options(self) -> list[str]:
        """The options in torchrun's spelling."""
        return [f"--{name}={value}" for name, value in self._values().items() if value is not None]

    def world_size(self) -> int:
        """The processes of the run: those of a running torchrun, those asked for, or 1 where it is not known yet.

        Raises:
            UserError: where the environment says half of what torchrun says.
        """
        running = started_as()
        if running is not None:
            return running.size
        counts = (self.nproc_per_node or "1", self.nnodes or "1")
        return int(counts[0]) * int(counts[1]) if all(count.isdecimal() for count in counts) else 1

    def _values(self) -> dict[str, str | None]:
        return {
            "nproc_per_node": self.nproc_per_node,
            "nnodes": self.nnodes,
            "node_rank": self.node_rank,
            "master_addr": self.master_addr,
        }


@frozen(kw_only=True)
class Request:
    """A run as the command line asks for it.

    Attributes:
        run: the resolved run.
        processes: what torchrun is asked for.
        words: the command line behind the sub-command without the options for torchrun, to be given to each process.
        trusted: sensors whose pixels are taken as they are, whatever the statistics make of them.
    """

    run: Run
    processes: Processes
    words: tuple[str, ...]
    trusted: tuple[str, ...] = ()

    @property
    def experiment(self) -> Experiment:
        """What is trained; `run_name` and `trainer.save_folder` are set."""
        return self.run.experiment


def run_command(
    name: str, *, examples: Sequence[str] = (), single: bool = False
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a click command of a function that takes a :class:`Request` first, then what its own click options give.

    The function's docstring is the help. The run is resolved and checked before the function is called, so that a
    mistake costs nothing; exit code 2.

    Args:
        name: the command's name.
        examples: command lines to show in the help, without the program's name.
        single: whether torchrun's options, which a command of one process refuses, are left out of its help.
    """

    def make(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        @naming_options(OPTIONS)
        def call(words: tuple[str, ...], **values: Any) -> Any:
            context = click.get_current_context()
            return function(_request(words, values, command_options(context.command)), **values)

        lines = "\n".join(line for example in examples for line in shell_lines(f"spacenit-run {example}", "  ", HELP))
        epilog = f"\b\nExamples:\n{lines}" if examples else None
        usage = " ".join([*ARGUMENTS, "[--SETTING=VALUE]..."])
        words = click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar=usage)
        whole = words(setting_options(trust_option(_process_options(call, hidden=single))))
        return click.command(name, context_settings=CONTEXT, epilog=epilog)(whole)

    return make


def setting_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that lay settings upon an experiment: `plugins`, `patches` and `files`."""
    many: dict[str, Any] = {"multiple": True}
    return _with_parameters(
        function,
        click.option(
            "--plugin", "plugins", metavar="KIND=NAME", help="Set the slot of a kind: masking=random.", **many
        ),
        click.option("--patch", "patches", metavar="NAME", help="Lay an installed patch upon it.", **many),
        click.option("--set-from", "files", metavar="FILE.yaml", type=PATH, help="Read settings from a file.", **many),
    )


def trust_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option that takes a sensor's pixels as they are: `trusted`."""
    return click.option(
        "--trust-statistics",
        "--trust_statistics",
        "trusted",
        metavar="SENSOR",
        multiple=True,
        help="Train on its pixels even where its statistics make nearly one value of them.",
    )(function)


def _process_options(function: Callable[..., Any], *, hidden: bool) -> Callable[..., Any]:
    rows = (
        (("--nproc_per_node", "--nproc-per-node"), "N", "Start N processes with torchrun."),
        (("--nnodes",), "N", "Machines that take part (torchrun)."),
        (("--node_rank", "--node-rank"), "K", "The number of this machine (torchrun)."),
        (("--master_addr", "--master-addr"), "ADDR", "The address of machine 0 (torchrun)."),
    )
    options = (click.option(*names, metavar=value, help=text, hidden=hidden) for names, value, text in rows)
    return _with_parameters(function, *options)


def _with_parameters(function: Callable[..., Any], *parameters: Callable[..., Any]) -> Callable[..., Any]:
    for parameter in reversed(parameters):
        function = parameter(function)
    return function


def _request(words: tuple[str, ...], values: dict[str, Any], options: Sequence[str]) -> Request:
    """Resolve what was asked for, and take the shared options out of `values`."""
    plugins, patches, files = (tuple(values.pop(name)) for name in ("plugins", "patches", "files"))
    names = ("nproc_per_node", "nnodes", "node_rank", "master_addr")
    processes = Processes(**{name: values.pop(name) for name in names})
    arguments, overrides = split_words(words, ARGUMENTS, root=experiment_class(words), aliases=ALIASES, options=options)
    overrides = _set_nccl_debug(overrides)
    recipe, run_name, cluster = arguments
    run = resolve_run(
        recipe,
        run_name,
        cluster,
        patches=patches,
        files=files,
        plugins=plugins,
        overrides=overrides,
        world_size=processes.world_size(),
    )
    again = [*(f"--plugin={item}" for item in plugins), *(f"--patch={item}" for item in patches)]
    again += [f"--set-from={path}" for path in files]
    trusted = trusted_sensors(values.pop("trusted"))
    if trusted and not run.experiment.sensor_set:
        raise UserError("--trust-statistics is about pixels of sensors, and this experiment reads none", "leave it out")
    again += [f"--trust-statistics={name}" for name in trusted]
    return Request(run=run, processes=processes, words=(*arguments, *again, *overrides), trusted=trusted)


def experiment_class(words: Sequence[str]) -> type[Experiment]:
    """The class of the experiment that a command line is about: that of the first word that is a recipe.

    Where there is none, which is refused later, settings are taken for those of sensors.
    """
    for word in words:
        try:
            experiment = RECIPES.get(word.partition("+")[0])() if not word.startswith("-") else None
        except UserError:
            continue
        if isinstance(experiment, Experiment):
            return type(experiment)
    return TileExperiment


def trusted_sensors(names: Sequence[str]) -> tuple[str, ...]:
    """Sensors by the names that they have, from any case.

    Raises:
        UserError: for a name that no sensor has.
    """
    return tuple(SENSORS.entry(name).name for name in names)


def _set_nccl_debug(overrides: list[str]) -> list[str]:
    """`--common.nccl_debug=True` asks NCCL, which reads the environment, to tell what it does."""
    stated = [token for token in overrides if token.startswith(_NCCL_DEBUG)]
    for token in stated:
        if _flag(token):
            os.environ["NCCL_DEBUG"] = "INFO"
    return [token for token in overrides if token not in stated]


def _flag(token: str) -> bool:
    try:
        value: bool = parse(token.removeprefix(_NCCL_DEBUG), bool)
    except UserError as error:
        raise UserError(f"{token}: {error.message}") from error
    return value

"""`spacenit-run`: finds the sub-command by name, imports that one alone, and shows errors to people.

Everything imported here is paid for by every call, `--help` included: click and the standard library, nothing else.
"""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from spacenit_core.cli.group import SuggestingGroup
from spacenit_core.cli.ranks import speaks
from spacenit_core.cli.saying import say_error
from spacenit_core.cli.usage import explained
from spacenit_core.errors import DataError, SpaceNitError, UserError
from spacenit_core.kinds.commands import COMMANDS
from spacenit_core.plugins.discovery import version_of
from spacenit_core.plugins.known import KNOWN

PROGRAM = "spacenit-run"

DEFAULT_COMMAND = "demo"

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

SUMMARIES = {
    "ablate": "Train a recipe and its ablations, and compare them in one table.",
    "data": "Convert, tile, validate, measure and look at data sets.",
    "demo": "Pretrain and evaluate on a generated world, in minutes.",
    "dry_run": "Show every setting of a run and where it comes from.",
    "dry_run_evaluate": "Show what would be evaluated of a run.",
    "evals": "List the benchmarks, and where their data are.",
    "evaluate": "Evaluate a model beside baselines.",
    "export": "Write a trained model for others to load.",
    "launch_evaluate": "Evaluate a run on the tasks of its recipe.",
    "plugins": "List, explain, check and create plugins.",
    "prep": "Check and prepare the data of a run.",
    "recipes": "List, show and compare recipes.",
    "train": "Pretrain a model, or resume where it stopped.",
    "train_single": "Pretrain in this process alone.",
    "visualize": "Draw samples and masks as a run sees them.",
}
"""Help lines of the official commands, so that listing them imports none."""


class EntryPointGroup(SuggestingGroup):
    """A group whose commands are the installed entries of kind `commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The installed names."""
        return COMMANDS.names()

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command.

        Raises:
            UserError: where it is unknown or broken.
        """
        if ctx.resilient_parsing and COMMANDS.canonical(cmd_name) not in COMMANDS.names():
            return None
        return COMMANDS.get(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say what the words of the guides are called here."""
        if COMMANDS.canonical(args[0]).rpartition("/")[2] not in {*COMMANDS.names(), *KNOWN["commands"]}:
            from spacenit_core.cli.guides import misplaced

            if (error := misplaced(args)) is not None:
                raise error
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Options without a sub-command are the demo's."""
        own = {option for param in self.get_params(ctx) for option in param.opts}
        if args and args[0].startswith("-") and args[0] not in own:
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help lines from data; click would import every command for its own."""
        entries = COMMANDS.entries()
        names = [entry.name for entry in entries]
        rows = []
        for entry in entries:
            official = KNOWN["commands"].get(entry.name, "spacenit-core") == entry.distribution
            name = entry.name if names.count(entry.name) == 1 else entry.qualified
            rows.append((name, SUMMARIES[entry.name] if official else f"(from {entry.distribution})"))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"{PROGRAM} {version_of('spacenit-core')}")
        ctx.exit()


@click.group(
    cls=EntryPointGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="`spacenit-run COMMAND --help` explains a command.",
)
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show it.")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Pretrain, ablate and evaluate multi-sensor Earth-observation models.

    \b
    Examples:
      spacenit-run demo                        pretrain and evaluate in minutes
      spacenit-run --plugin masking=random     the demo with another masking
      spacenit-run dry_run base my_run local   what a run would do
      spacenit-run train base my_run local --dataset.h5py_dir=DIR
      spacenit-run plugins list masking        what can be swapped in
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(args: Sequence[str] | None = None) -> int:
    """Run a command line and give its exit code.

    A problem that has an explanation is shown on stderr without a traceback; with the environment variable
    SPACENIT_TRACE=1 also with one. So is what the operating system refuses (a full disk, a forbidden folder). A
    command's integer result is its exit code. An error from the code of a plugin is told as that plugin's. Whatever
    else is raised passes through.

    Args:
        args: the words after the program's name; those of this process by default.
    """
    try:
        result = cli.main(None if args is None else list(args), prog_name=PROGRAM, standalone_mode=False)
    except SpaceNitError as error:
        _show(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message(), err=True)
        return asked.exit_code
    except click.ClickException as problem:
        _show(explained(problem))
        return problem.exit_code
    except click.Abort as abort:
        return INTERRUPTED if isinstance(abort.__cause__, KeyboardInterrupt) else 1
    except Exception as error:
        known = _of_the_system(error) if isinstance(error, OSError) and error.errno is not None else _of_a_plugin(error)
        if known is None:
            raise
        _show(known)
        return known.exit_code
    return result if type(result) is int else 0


def main() -> NoReturn:
    """The program `spacenit-run`."""
    sys.exit(run())


def _show(error: SpaceNitError) -> None:
    trace = os.environ.get("SPACENIT_TRACE", "") not in ("", "0")
    if trace:
        import traceback

        traceback.print_exception(error)
    # A wrong command is the same on every rank of a job, so one of them says it; a broken file is not.
    if speaks() or trace or not isinstance(error, UserError):
        say_error(error)


def _of_a_plugin(error: Exception) -> SpaceNitError | None:
    # Late, because errors are rare and `--help` is not.
    from spacenit_core.contracts import blame

    known = blame.explained(error)
    return known if isinstance(known, SpaceNitError) else None


def _of_the_system(error: OSError) -> DataError:
    names = " -> ".join(str(name) for name in (error.filename, error.filename2) if name is not None)
    known = DataError(
        f"{f'{names}: ' if names else ''}{error.strerror or error}",
        "the system refuses it: look at the free space, the permissions and the paths (SPACENIT_TRACE=1 shows where)",
    )
    known.__cause__ = error
    return known

"""`spacenit-run data`: make sets of samples, check them, look at them."""

from importlib import import_module

import click

from spacenit_core.cli.group import SuggestingGroup

COMMANDS = {
    "convert": "Raw GeoTIFF tiles, or another H5 set, to samples.",
    "tile": "Your own rasters, in any projection, to samples.",
    "validate": "Check a set of samples, file by file.",
    "stats": "Mean and deviation of each band of a set.",
    "view": "Draw one sample of a set.",
}
"""Sub-command -> what it does; its module has its name, and is imported when it is called."""


class _LazyGroup(SuggestingGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"spacenit_data.cli.{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group("data", cls=_LazyGroup, short_help="Make sets of samples, check them, look at them.")
def data() -> None:
    """Make sets of samples from rasters, check them, and look at them.

    \b
    Examples:
      spacenit-run data tile --from-csv scenes.csv --out tiles
      spacenit-run data validate DIR
      spacenit-run data stats DIR
      spacenit-run data view DIR 0
    """

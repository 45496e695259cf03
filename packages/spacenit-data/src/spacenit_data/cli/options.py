"""Options that several commands have."""

import click

MONTHS = {"months": " (--months-from)"}
"""What hints about dates name by the option, see `SpaceNitError.name_options`."""

months_option = click.option(
    "--months-from",
    default="0",
    show_default=True,
    type=click.Choice(["0", "1"]),
    callback=lambda _context, _option, value: int(value),
    help="The number of January in the set's timestamps.",
)
"""The option `--months-from`, given to the command as the whole number 0 or 1."""

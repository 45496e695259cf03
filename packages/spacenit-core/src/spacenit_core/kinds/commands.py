"""Kind `commands`: sub-commands of `spacenit-run`, click commands that are imported when they are called."""

import click

from spacenit_core.plugins.registry import Registry

COMMANDS: Registry[click.Command] = Registry("commands", click.Command, value=True)

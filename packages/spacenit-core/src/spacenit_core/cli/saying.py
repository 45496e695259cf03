"""How prose reaches people: folded where it goes to a terminal, in whole lines where programs read it."""

import sys

import click

from spacenit_core.text import folded


def say(text: str, *, err: bool = False) -> None:
    """Print prose to stdout, or to stderr; every note of every command comes this way."""
    click.echo(folded(text, sys.stderr if err else sys.stdout), err=err)


def say_error(error: Exception) -> None:
    """Print an error to stderr, in the one style of all commands."""
    text = folded(f"error: {error}", sys.stderr).removeprefix("error:")
    click.echo(click.style("error:", fg="red", bold=True) + text, err=True)

"""How far an evaluation is: bars with the time left on a terminal, a line per stage and half minute elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import monotonic

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from spacenit_core.cli.console import err_console
from spacenit_evals.vectors.embeddings import Progress as OnProgress

SECONDS_BETWEEN_LINES = 30.0
"""Where no bars can be drawn."""


@contextmanager
def bars() -> Iterator[tuple[OnProgress, OnProgress]]:
    """Show progress while the block runs; gives what to call with the windows done, and with the fits."""
    console = err_console()
    parts = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*parts, console=console, transient=True, disable=not console.is_terminal) as shown:
        tasks = {"windows": shown.add_task("windows", total=None), "probes": shown.add_task("probes", total=None)}
        told: dict[str, float] = {}

        def show(name: str, done: int, total: int) -> None:
            shown.update(tasks[name], completed=done, total=total)
            if console.is_terminal:
                return
            if name not in told:
                told[name] = monotonic()
                click.echo(f"{name}: {total:,} to do", err=True)
            elif monotonic() - told[name] >= SECONDS_BETWEEN_LINES:
                told[name] = monotonic()
                click.echo(f"{name}: {done:,} of {total:,} done", err=True)

        yield partial(show, "windows"), partial(show, "probes")

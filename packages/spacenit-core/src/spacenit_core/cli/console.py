"""Where commands write for people: results to stdout, progress and remarks to stderr."""

from functools import cache

from rich.console import Console


@cache
def console() -> Console:
    """The console on stdout."""
    return Console(highlight=False)


@cache
def err_console() -> Console:
    """The console on stderr."""
    return Console(stderr=True, highlight=False)

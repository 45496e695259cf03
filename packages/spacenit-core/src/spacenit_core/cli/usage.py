"""Mistakes that click finds, told as all others are: what was given, and what to do."""

import re

import click

from spacenit_core.errors import DataError, SpaceNitError, UserError
from spacenit_core.text import did_you_mean

_TYPES = {"integer": "a whole number", "float": "a number"}


def explained(error: click.ClickException) -> SpaceNitError:
    """The same mistake as an error of ours."""
    message = _plain(error.format_message())
    if not isinstance(error, click.UsageError):
        return DataError(message)
    hints = [f"`{error.ctx.command_path} --help` shows how it is written, with examples"] if error.ctx else []
    if isinstance(error, click.NoSuchOption):
        message = f"there is no option {error.option_name}"
        hints.insert(0, did_you_mean(error.option_name, error.possibilities or ()))
    elif isinstance(error, click.BadParameter):
        name = _name(error)
        missing = isinstance(error, click.MissingParameter)
        message = f"{name} is missing" if missing else f"{name}: {_plain(error.message)}"
        if missing and isinstance(error.param, click.Option) and error.param.help and error.ctx:
            hints.insert(0, f"{name} {error.param.make_metavar(error.ctx)}: {error.param.help}")
    return UserError(message, "\n  ".join(filter(None, hints)) or None)


def _name(error: click.BadParameter) -> str:
    """The parameter as it stands in the usage: "--labels", "DIR"."""
    hint = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.human_readable_name
        if isinstance(error.param, click.Option):
            hint = max(error.param.opts, key=len)
        elif error.ctx is not None:
            hint = error.param.make_metavar(error.ctx).strip("[].")
    return hint if isinstance(hint, str) else " / ".join(hint or ("a word",))


def _plain(message: str) -> str:
    """A sentence without its capital and its full stop, with plain words for types."""
    text = message.strip().removesuffix(".")
    text = re.sub(r"a valid (integer|float)( range)?$", lambda match: _TYPES[match[1]], text)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text

"""The words of a command line that click does not know: positional arguments and `--a.b=value`."""

import re
from collections.abc import Sequence

import click

from spacenit_core.config.aliases import SettingAliases
from spacenit_core.config.problems import Invalid, Problem
from spacenit_core.config.resolve import is_setting, shown_token
from spacenit_core.config.shapes import fields_of
from spacenit_core.text import suggest

_NAMES = {
    "RECIPE": "what is trained, such as nano or base+s2_only; `spacenit-run recipes list` shows all",
    "RUN_NAME": "a name of your choice, which the run's folder gets",
    "CLUSTER": "a launcher: local runs on this machine",
    "MODEL": "the folder of a run, one of its checkpoints, or a released model",
    "RUN": "the folder of a run, one of its checkpoints, or a released model",
}
"""Positional arguments, for those who leave them out."""

_SETTING = re.compile(r"--([A-Za-z_][\w.-]*)(=.*)?", re.DOTALL)


def split_words(
    words: Sequence[str], names: Sequence[str], *, root: type, aliases: SettingAliases, options: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Tell positional arguments from overrides.

    Args:
        words: what click left over, in order.
        names: the names of the positional arguments, for messages; "..." behind the last for any number of it.
        root: the config class that overrides reach.
        aliases: other names of its settings.
        options: the command's own options, for suggestions.

    Returns:
        As many positional arguments as there are names (or more, where "..." stands behind them), and the
        "--a.b=value" tokens.

    Raises:
        UserError: with everything that is neither.
    """
    endless, names = names[-1:] == ("...",), [name for name in names if name != "..."]
    arguments: list[str] = []
    overrides: list[str] = []
    problems: list[Problem] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        match = _SETTING.fullmatch(word)
        if not word.startswith("-") or word == "-":
            arguments.append(word)
        elif match is None:
            problems.append(
                Problem("is no option", (), f"settings are written --a.b=value{_near(word, options)}", word)
            )
        elif not _known(match[1], root, aliases):
            problems.append(_unknown(match[1], word, root, aliases, options))
            if match[2] is None and aliases.instead(match[1]) and waiting and not waiting[0].startswith("-"):
                waiting.pop(0)
        elif match[2] is None:
            value = waiting.pop(0) if waiting and not waiting[0].startswith("--") else "VALUE"
            problems.append(Problem("a setting and its value are one word", (), f"write {word}={value}", word))
        else:
            overrides.append(word)
    fits = len(arguments) == len(names) or (endless and len(arguments) > len(names))
    if not fits and not (problems and len(arguments) < len(names)):
        problems.extend(_count_problems(arguments, names))
    if problems:
        raise Invalid(problems)
    return arguments, overrides


def command_options(command: click.Command) -> list[str]:
    """The long options of a command."""
    return [option for param in command.params for option in param.opts if option.startswith("--")]


def _known(path: str, root: type, aliases: SettingAliases) -> bool:
    plain = path.replace("-", "_")
    first = plain.partition(".")[0]
    # Below a setting of the root, the resolution itself tells what is wrong; a closed prefix needs a name behind it.
    return is_setting(root, plain) or (first in aliases.closed and "." in plain)


def _unknown(path: str, word: str, root: type, aliases: SettingAliases, options: Sequence[str]) -> Problem:
    if remedy := aliases.instead(path):
        return Problem("no such option or setting", (), remedy, shown_token(word))
    first, dot, rest = path.replace("-", "_").partition(".")
    names = [*fields_of(root), *aliases.closed]
    near = [f"--{name}{dot}{rest}" for name in suggest(first, names)]
    if not dot:
        near = [*(f"--{name}" for name in suggest(first, [option.lstrip("-") for option in options])), *near]
    near = list(dict.fromkeys(near))
    hint = f"did you mean {' or '.join(near)}?" if near else f"settings begin with {', '.join(names)}"
    return Problem("no such option or setting", (), hint, shown_token(word))


def _near(word: str, options: Sequence[str]) -> str:
    near = suggest(word.lstrip("-").partition("=")[0], [option.lstrip("-") for option in options])
    return f"; did you mean --{near[0]}?" if near else ""


def _count_problems(arguments: list[str], names: Sequence[str]) -> list[Problem]:
    usage = " ".join(names)
    if len(arguments) < len(names):
        missing = ", ".join(names[len(arguments) :])
        verb = "is" if len(names) - len(arguments) == 1 else "are"
        order = f"the order is {usage}\n" if len(names) > 1 else ""
        wanted = "\n".join(f"{name}: {_NAMES[name]}" for name in names[len(arguments) :] if name in _NAMES)
        return [Problem(f"{missing} {verb} missing", (), order + wanted)]
    order = f"the order is {usage}, then settings as --a.b=value" if names else "settings are written --a.b=value"
    return [Problem("one word too many", (), order, shown_token(word)) for word in arguments[len(names) :]]

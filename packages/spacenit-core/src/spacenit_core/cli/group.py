"""Click groups: one answers a mistyped sub-command with the one that was meant, one imports only what is called."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from spacenit_core.text import did_you_mean, listed


class SuggestingGroup(click.Group):
    """Use it as ``@click.group(cls=SuggestingGroup)``."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the sub-command, or fail with a suggestion and what there is (exit code 2)."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            names = self.list_commands(ctx)
            question = did_you_mean(name, names) or f"there are {listed(names)}."
            ctx.fail(f"unknown sub-command {name!r}; {question}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sub-commands with their whole first sentences; click would cut them."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _sentence(command)) for name, command in found if command is not None])


class LazyGroup(SuggestingGroup):
    """A group whose sub-commands are imported when they are called, or when help is shown.

    Use it as ``@click.group(cls=LazyGroup, homes={"check": "package.module:command"})``.

    Args:
        homes: sub-command -> "module:attribute".
    """

    def __init__(self, *given: Any, homes: Mapping[str, str], **named: Any) -> None:
        super().__init__(*given, **named)
        self.homes = dict(homes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All sub-commands, sorted."""
        return sorted(self.homes)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a sub-command; None for a name that there is not."""
        if cmd_name not in self.homes:
            return None
        module, _, attribute = self.homes[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command


def _sentence(command: click.Command) -> str:
    text = command.short_help or (command.help or "").partition("\n\n")[0]
    return " ".join(text.split())

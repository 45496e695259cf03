"""A click group that answers a mistyped sub-command with the one that was meant."""

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


def _sentence(command: click.Command) -> str:
    text = command.short_help or (command.help or "").partition("\n\n")[0]
    return " ".join(text.split())

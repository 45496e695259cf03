"""What `--help` says of every command, on a terminal of 80 columns."""

from collections.abc import Iterator

import click
import pytest

from spacenit_core.cli.main import PROGRAM, cli


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    """A command and all below it, with the words that call them."""
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, click.Context(below, info_name=name, parent=context))


COMMANDS = list(commands(cli, click.Context(cli, info_name=PROGRAM)))


@pytest.mark.parametrize(("path", "command", "context"), COMMANDS, ids=[path for path, _, _ in COMMANDS])
def test_help_fits_80_columns_has_examples_and_explains_every_option(path, command, context, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = command.get_help(context)

    assert [line for line in text.splitlines() if len(line.rstrip()) > 80] == []
    assert "Examples:\n" in text
    assert [param.opts for param in command.params if isinstance(param, click.Option) and not param.help] == []


@pytest.mark.parametrize("group", ["", "data", "plugins", "recipes"])
def test_a_group_lists_its_commands_with_whole_sentences(group, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    _, command, context = next(found for found in COMMANDS if found[0] == f"{PROGRAM} {group}".strip())

    listed = command.get_help(context).partition("Commands:\n")[2]

    assert listed and "..." not in listed
    assert all(name in listed for name in command.list_commands(context))


def test_a_command_of_one_process_offers_no_options_of_torchrun():
    _, command, context = next(found for found in COMMANDS if found[0] == f"{PROGRAM} train_single")

    assert "nproc" not in command.get_help(context) and "--plugin" in command.get_help(context)

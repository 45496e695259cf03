"""Mistakes that click finds are told as all others are."""

import click
import pytest

from spacenit_core.cli.main import run
from spacenit_core.cli.saying import say
from spacenit_core.cli.usage import explained
from spacenit_core.errors import DataError, no_folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plugins", "info", "losses"], "error: NAME is missing\n  `spacenit-run plugins info --help` shows"),
        (["plugins", "info", "a", "b", "c"], "error: got unexpected extra argument (c)\n"),
        (["plugins", "list", "--jsn"], "error: there is no option --jsn\n  did you mean --json?\n"),
        (["plugins", "lst"], "error: unknown sub-command 'lst'; did you mean list?\n"),
        (["plugins", "new", "x"], "error: --kind is missing\n  --kind TEXT: What it is an entry of"),
        (["plugins", "new", "x", "--kind"], "error: option '--kind' requires an argument\n"),
        (["plugins", "new", "x", "--kind", "masking", "--path="], "error: --path: an empty path was given"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else None,
)
def test_a_mistake_is_one_line_with_hints_below_and_no_usage(capsys, arguments, said):
    assert run(arguments) == 2

    err = capsys.readouterr().err
    assert err.startswith(said)
    assert "Usage:" not in err


def test_a_group_without_a_sub_command_shows_its_help(capsys):
    assert run(["plugins"]) == 2

    assert capsys.readouterr().err.startswith("Usage: spacenit-run plugins [OPTIONS] COMMAND")


def test_values_are_named_by_their_option():
    @click.command()
    @click.option("-n", "--count", type=click.IntRange(1))
    @click.argument("kind", type=click.Choice(["a", "b"]))
    def command(count, kind):
        pass

    def told(*words):
        with pytest.raises(click.ClickException) as caught:
            command.main([*words], standalone_mode=False)
        return explained(caught.value).message

    assert told("a", "--count", "0") == "--count: 0 is not in the range x>=1"
    assert told("a", "--count", "x") == "--count: 'x' is not a whole number"
    assert told("c") == "{a|b}: 'c' is not one of 'a', 'b'"
    assert isinstance(explained(click.FileError("x.csv", "gone")), DataError)


def test_a_message_is_folded_on_a_terminal_alone_and_commands_stay_whole(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")

    assert run(["plugins", "info", "masking", "nothing_of_that_name"]) == 2

    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60
    assert all(line.startswith("  ") for line in lines[1:])


def test_a_file_is_not_said_to_be_absent(tmp_path):
    (tmp_path / "file").touch()

    assert no_folder(tmp_path / "file", "").message == f"{tmp_path}/file is a file, not a folder"
    assert no_folder(tmp_path / "none", "").message == f"there is no folder {tmp_path}/none"


def test_notes_are_folded_on_a_terminal_alone(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    say("note: " + "word " * 20)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    say("note: " + "word " * 20)

    whole, *lines = capsys.readouterr().out.splitlines()
    assert len(whole) > 80 and max(map(len, lines)) <= 40

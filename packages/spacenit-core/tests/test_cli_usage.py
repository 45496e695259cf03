"""Mistakes that click finds are told as all others are."""

import click
import pytest

from spacenit_core.cli.main import run
from spacenit_core.cli.usage import explained
from spacenit_core.errors import DataError


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plugins", "info", "losses"], "error: NAME is missing\n  `spacenit-run plugins info --help` shows"),
        (["plugins", "info", "a", "b", "c"], "error: got unexpected extra argument (c)\n"),
        (["plugins", "list", "--jsn"], "error: there is no option --jsn\n  did you mean --json?\n"),
        (["plugins", "lst"], "error: unknown sub-command 'lst'; did you mean list?\n"),
        (["plugins", "new", "x"], "error: --kind is missing\n  --kind TEXT: What it is an entry of"),
        (["plugins", "new", "x", "--kind"], "error: option '--kind' requires an argument\n"),
        (["plugins"], ""),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else None,
)
def test_a_mistake_is_one_line_with_hints_below_and_no_usage(capsys, arguments, said):
    assert run(arguments) == 2

    err = capsys.readouterr().err
    assert err.startswith(said)
    assert said == "" or "Usage:" not in err


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
    assert told("c") == "{a|b}: 'c' is not one of 'a', 'b'"
    assert isinstance(explained(click.FileError("x.csv", "gone")), DataError)


def test_a_message_is_folded_on_a_terminal_alone_and_commands_stay_whole(monkeypatch, capsys):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "60")

    assert run(["plugins", "info", "masking", "nothing_of_that_name"]) == 2

    lines = capsys.readouterr().err.splitlines()
    assert max(map(len, lines)) <= 60
    assert all(line.startswith("  ") for line in lines[1:])

"""`spacenit-run`: what it imports, how it finds commands, how it shows errors."""

import json
import subprocess
import sys

import pytest

import spacenit_core
from spacenit_core.cli.main import SUMMARIES, run
from spacenit_core.plugins.known import KNOWN

COMMANDS = """
import os
import click
from spacenit_core.errors import DataError, UserError

@click.command()
@click.option("--times", type=int, default=1)
def greet(times):
    click.echo("hello " * times)

@click.command()
@click.argument("what")
def fail(what):
    if what == "user":
        raise UserError("the setting a.b is wrong", "set a.b to 3")
    if what == "data":
        raise DataError("sample_3.h5 is cut short")
    if what == "bug":
        raise RuntimeError("a bug")
    if what == "interrupt":
        raise KeyboardInterrupt
    if what == "again":
        return 75
    if what == "exit":
        click.get_current_context().exit(9)
    try:
        raise OSError("the cause")
    except OSError as error:
        raise UserError("chained") from error

@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def demo(words):
    click.echo(" ".join(words))
"""


@pytest.fixture
def commands(install_plugin):
    points = {"greet": "acme_commands:greet", "fail": "acme_commands:fail"}
    return install_plugin("acme-commands", {"commands": points}, {"acme_commands": COMMANDS})


IMPORTED = """
import json, sys
before = {{name.partition(".")[0] for name in sys.modules}}
from spacenit_core.cli.main import run
code = run({arguments})
after = {{name.partition(".")[0] for name in sys.modules}}
print(json.dumps([code, sorted(after - before - set(sys.stdlib_module_names))]), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        [],
        ["--version"],
        ["plugins", "--help"],
        ["plugins", "list"],
        ["plugins", "list", "masking", "--json"],
    ],
)
def test_help_and_lists_import_click_and_this_package_alone(commands, arguments):
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED.format(arguments=arguments)], capture_output=True, text=True, check=True
    )

    code, imported = json.loads(done.stderr)
    assert code == 0
    assert set(imported) <= {"click", "spacenit_core"}


def test_every_official_command_has_a_help_line_and_those_of_others_say_whose_they_are(commands, capsys):
    assert run(["--help"]) == 0

    out = capsys.readouterr().out
    assert SUMMARIES.keys() == {*KNOWN["commands"]}
    assert any(line.split() == ["greet", "(from", "acme-commands)"] for line in out.splitlines())
    assert SUMMARIES["plugins"] in out


def test_a_command_of_the_same_name_from_elsewhere_is_shown_in_full(commands, install_plugin, capsys):
    install_plugin("beta-commands", {"commands": {"greet": "beta_commands:greet"}}, {"beta_commands": COMMANDS})

    run(["--help"])
    out = capsys.readouterr().out

    assert "acme-commands/greet" in out and "beta-commands/greet" in out
    assert run(["greet"]) == 2
    assert run(["beta-commands/greet"]) == 0


def test_without_arguments_it_prints_its_help(capsys):
    assert run([]) == 0
    assert capsys.readouterr().out.startswith("Usage: spacenit-run")


def test_a_command_is_found_by_name_and_gets_its_options(commands, capsys):
    assert run(["greet", "--times", "2"]) == 0
    assert capsys.readouterr().out == "hello hello \n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["gret"], 2, "error: unknown command 'gret'; did you mean greet?"),
        (["greet", "--tims", "2"], 2, "--times"),
        (["greet", "--times", "x"], 2, "'x' is not a whole number"),
        (["plugins", "lst"], 2, "did you mean list?"),
        (["plugins", "qqqq"], 2, "there are doctor, info, list and new"),
        (["fail", "user"], 2, "error: the setting a.b is wrong\n  set a.b to 3\n"),
        (["fail", "data"], 1, "error: sample_3.h5 is cut short\n"),
    ],
)
def test_mistakes_are_explained_on_stderr_without_a_traceback(commands, capsys, arguments, code, said):
    assert run(arguments) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("what", "code"), [("interrupt", 130), ("again", 75), ("exit", 9)])
def test_exit_codes(commands, what, code):
    assert run(["fail", what]) == code


def test_a_bug_keeps_its_traceback(commands):
    with pytest.raises(RuntimeError, match="a bug"):
        run(["fail", "bug"])


def test_a_traceback_can_be_asked_for(commands, monkeypatch, capsys):
    monkeypatch.setenv("SPACENIT_TRACE", "1")

    assert run(["fail", "chain"]) == 2

    err = capsys.readouterr().err
    assert "OSError: the cause" in err and "direct cause" in err and "error: chained" in err


def test_of_all_ranks_one_explains_a_wrong_command_and_each_a_broken_file(commands, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("RANK", "1")
    assert [run(["fail", "user"]), run(["greet", "--x"]), run(["fail", "data"])] == [2, 2, 1]
    assert capsys.readouterr().err == "error: sample_3.h5 is cut short\n"

    for rank in ("0", "", "one", "2"):
        monkeypatch.setenv("RANK", rank)
        assert run(["fail", "user"]) == 2
        assert "the setting a.b is wrong" in capsys.readouterr().err


def test_options_without_a_command_are_those_of_the_demo(install_plugin, monkeypatch, capsys):
    # The real demo is another package's; here its place is taken under a name that nobody has.
    monkeypatch.setattr("spacenit_core.cli.main.DEFAULT_COMMAND", "small_demo")
    install_plugin("small-demo", {"commands": {"small_demo": "acme_commands:demo"}}, {"acme_commands": COMMANDS})

    assert run(["--plugin", "masking=random", "--a.b=3"]) == 0
    assert capsys.readouterr().out == "--plugin masking=random --a.b=3\n"


def test_a_broken_command_is_a_message_and_leaves_the_help_alone(install_plugin, capsys):
    install_plugin("broken", {"commands": {"bad": "broken_command:bad"}}, {"broken_command": "import not_there"})

    assert run(["--help"]) == 0
    assert run(["bad"]) == 2
    assert "it needs the module 'not_there'" in capsys.readouterr().err


def test_the_module_is_the_same_program():
    done = subprocess.run(
        [sys.executable, "-m", "spacenit_core", "plugins", "list", "sensors", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )

    records = json.loads(done.stdout)
    assert {
        "kind": "sensors",
        "name": "sentinel1",
        "distribution": "spacenit-core",
        "version": records[0]["version"],
    } in (records)


def test_public_names_are_imported_when_they_are_asked_for():
    code = (
        "import sys, spacenit_core; assert 'numpy' not in sys.modules; "
        "spacenit_core.UserError; assert 'numpy' not in sys.modules; "
        "spacenit_core.SensorSpec; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

    assert all(getattr(spacenit_core, name).__name__ == name for name in spacenit_core.__all__)
    assert set(spacenit_core.__all__) <= set(dir(spacenit_core))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        spacenit_core.nothing  # noqa: B018

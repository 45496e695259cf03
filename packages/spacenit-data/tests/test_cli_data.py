"""The group `spacenit-run data`: sub-commands are found without being imported."""

import subprocess
import sys
from importlib.metadata import entry_points

from click.testing import CliRunner

from spacenit_data.cli import COMMANDS, data


def test_the_entry_point_is_the_group() -> None:
    (entry,) = entry_points(group="spacenit.commands", name="data")
    assert entry.load() is data


def test_every_sub_command_has_a_name_and_help() -> None:
    context = data.make_context("data", ["convert"], resilient_parsing=True)
    for name, text in COMMANDS.items():
        command = data.get_command(context, name)
        assert command is not None and command.name == name
        assert command.short_help and command.help, name
        assert text in CliRunner().invoke(data, ["--help"], terminal_width=120).output


def test_a_mistyped_sub_command_is_answered() -> None:
    result = CliRunner().invoke(data, ["valdate"])
    assert result.exit_code == 2 and "did you mean validate?" in result.output


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from spacenit_data.cli import data;"
        "results = [CliRunner().invoke(data, words) for words in (['--help'], ['convert', '--help'])];"
        "assert all(result.exit_code == 0 for result in results);"
        "print([name for name in ('numpy', 'h5py', 'rasterio', 'torch', 'attrs') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""`spacenit-run plugins new`: what it writes works as it is, for every kind that there is a template for."""

import subprocess
import sys
import tomllib

import pytest

from spacenit_core.cli.checks import check_distribution
from spacenit_core.cli.main import run
from spacenit_core.cli.new import create, template_kinds
from spacenit_core.errors import UserError
from spacenit_core.plugins.registry import kinds

OF_THE_CORE = [kind for kind in template_kinds() if kind != "recipes"]
"""Recipes build on spacenit-train; `tests/test_install.py` of the workspace tries their template."""


def entry_points(folder):
    """The generated package's entry points, as {kind: {name: value}}."""
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    return {group.removeprefix("spacenit."): points for group, points in project["entry-points"].items()}


def test_the_generated_packages_pass_their_own_tests_and_the_doctors(tmp_path, install_plugin, monkeypatch):
    folders = [create(f"try-{kind}", kind, tmp_path / f"try-{kind}").folder for kind in OF_THE_CORE]
    paths = [str(folder / "src") for folder in folders]
    for path in paths:
        monkeypatch.syspath_prepend(path)
    for kind, folder in zip(OF_THE_CORE, folders, strict=True):
        site = install_plugin(f"try-{kind}", entry_points(folder), {})
    monkeypatch.setenv("PYTHONPATH", ":".join([str(site), *paths]))

    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--import-mode=importlib",
        *map(str, folders),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout
    for kind in OF_THE_CORE:
        assert check_distribution(f"try-{kind}") == []


def test_every_kind_with_a_template_is_a_kind():
    assert set(template_kinds()) <= set(kinds())
    assert {"masking", "losses", "sensors"} <= set(template_kinds())


def test_the_command_writes_a_package_and_says_what_comes_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert run(["plugins", "new", "spacenit-aster", "--kind", "sensor"]) == 0

    project = tomllib.loads((tmp_path / "spacenit-aster" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "spacenit-aster"
    assert project["entry-points"] == {"spacenit.sensors": {"aster": "spacenit_aster.sensor:ASTER"}}
    assert "<" in project["dependencies"][0]
    assert "spacenit-run plugins info sensors aster" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("My-Mask", "masking", "cannot name a plugin"),
        ("9lives", "masking", "cannot name a plugin"),
        ("../escape", "masking", "cannot name a plugin"),
        ("random", "masking", "is the name of something else in Python"),
        ("torch", "masking", "is the name of something else in Python"),
        ("spacenit-class", "commands", "is the name of something else in Python"),
        ("spacenit-sentinel1", "sensors", "sensor 'sentinel1' exists already, in spacenit-core"),
        ("my-encoder", "encoders", "there is no template for kind encoders"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left(tmp_path, name, kind, said):
    with pytest.raises(UserError) as caught:
        create(name, kind, tmp_path / "folder")

    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(UserError, match="exists and is not an empty folder"):
        create("my-mask", "masking", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]

"""`spacenit-run plugins new`: what it writes works as it is, for every kind that there is a template for."""

import subprocess
import sys
import tomllib

import pytest

from spacenit_core.cli.checks import check_distribution
from spacenit_core.cli.main import run
from spacenit_core.cli.new import REQUIREMENTS, create
from spacenit_core.cli.templates_of import template_kinds
from spacenit_core.errors import UserError
from spacenit_core.plugins.registry import kinds

OF_THE_CORE = [kind for kind in template_kinds() if kind not in REQUIREMENTS]
"""The others build on spacenit-train; `tests/test_install.py` of the workspace tries their templates."""


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


def test_every_kind_has_a_template_and_is_listed_in_the_help(capsys):
    assert template_kinds() == kinds()

    assert run(["plugins", "new", "--help"]) == 0
    listed = capsys.readouterr().out.partition("Kinds:")[2]
    assert [word.strip(" .\n,") for word in listed.split()] == kinds()


def test_the_command_writes_a_package_and_says_what_comes_next(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert run(["plugins", "new", "spacenit-aster", "--kind", "sensor"]) == 0

    project = tomllib.loads((tmp_path / "spacenit-aster" / "pyproject.toml").read_text())["project"]
    assert project["name"] == "spacenit-aster"
    assert project["entry-points"] == {"spacenit.sensors": {"aster": "spacenit_aster.sensor:ASTER"}}
    assert "<" in project["dependencies"][0]
    install, test, look, use = (line.strip() for line in capsys.readouterr().out.splitlines()[1:])
    # The environment of the tests may have a pip or not, and be active or not.
    assert install.startswith("install it") and "pip install" in install and install.endswith("-e spacenit-aster")
    assert test.endswith("pytest spacenit-aster")
    assert look.endswith("spacenit-run plugins info sensors aster")
    assert use.endswith("spacenit-run train nano my_run local --dataset.h5py_dir=DIR --sensors=[aster]")
    assert "spacenit-run train nano" in (tmp_path / "spacenit-aster" / "README.md").read_text()


def test_the_commands_fit_the_environment(tmp_path, monkeypatch):
    from pathlib import Path

    from spacenit_core import environment as here

    environment, other = tmp_path / ".venv", tmp_path / "elsewhere"
    for folder in (environment, other):
        (folder / "bin").mkdir(parents=True)
        for name in ("python", "pip", "spacenit-run"):
            (folder / "bin" / name).touch(mode=0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(environment / "bin" / "python"))
    monkeypatch.setattr(sys, "prefix", str(environment))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)

    def said(path: Path, *, pip: bool) -> tuple[str, str]:
        monkeypatch.setenv("PATH", str(path / "bin"))
        monkeypatch.setattr(here, "has_module", lambda name: pip)
        return here.installing(), here.program("spacenit-run")

    assert said(environment, pip=True) == ("pip install", "spacenit-run")
    # Not activated: what PATH has is another environment's.
    assert said(other, pip=True) == (f"{environment}/bin/python -m pip install", "uv run --no-sync spacenit-run")
    assert said(other, pip=False) == ("uv pip install", "uv run --no-sync spacenit-run")
    monkeypatch.setenv("VIRTUAL_ENV", str(other))
    assert said(other, pip=False) == (
        f"uv pip install --python {environment}/bin/python",
        f"{environment}/bin/spacenit-run",
    )


@pytest.mark.parametrize(
    ("kind", "used"),
    [
        ("losses", "--plugin train_module.loss=mine"),
        ("masking", "--plugin masking=mine"),
        ("attention", "--plugin attention=mine"),
        ("runners", "--plugin runner=mine"),
        ("datasets", "train nano+small_set my_run local --plugin dataset=mine"),
        ("launchers", "train nano my_run mine --dataset"),
        ("protocols", "--protocol mine"),
        ("recipes", "train mine my_run local"),
        ("patches", "train nano+mine my_run"),
        ("exporters", "export RUN --plugin exporter=mine"),
    ],
)
def test_the_last_line_uses_the_entry(kind, used):
    from spacenit_core.cli.next_steps import usage

    assert used in usage(kind, "mine")


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

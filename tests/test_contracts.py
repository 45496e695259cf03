"""What holds in every package: entries, import directions, sizes, docstrings."""

import ast
import gc
import importlib
import inspect
import json
import pkgutil
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from spacenit_core.cli.main import SUMMARIES
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.discovery import GROUP_PREFIX
from spacenit_core.plugins.known import FAMILY, KNOWN
from spacenit_core.plugins.registry import kinds, registry

ROOT = Path(__file__).parents[1]

MEMBERS = sorted(
    path.parent for path in [*ROOT.glob("packages/*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
)

SOURCES = sorted(path for member in MEMBERS for path in (member / "src").rglob("*.py"))
TESTS = sorted(path for folder in (*MEMBERS, ROOT) for path in (folder / "tests").rglob("*.py"))

EXTRAS = {"xformers", "wandb"}
"""Modules that only an extra brings."""

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70


def project(member: Path) -> dict[str, Any]:
    return tomllib.loads((member / "pyproject.toml").read_text())


def declared(member: Path) -> list[tuple[str, str, str]]:
    """The entry points of a member as (kind, name, value)."""
    groups = project(member)["project"].get("entry-points", {})
    return [
        (group.removeprefix(GROUP_PREFIX), name, value)
        for group, points in groups.items()
        for name, value in points.items()
    ]


ENTRIES = [entry for member in MEMBERS for entry in declared(member)]

CONFIG_ENTRIES = [entry for entry in ENTRIES if not registry(entry[0]).value]


@cache
def modules() -> list[ModuleType]:
    """Every module of every member, imported."""
    found = []
    for member in MEMBERS:
        package = importlib.import_module(member.name.replace("-", "_"))
        found.append(package)
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.endswith(".__main__"):
                continue
            try:
                found.append(importlib.import_module(info.name))
            except ModuleNotFoundError as error:
                if error.name not in EXTRAS:
                    raise
    return found


def load(value: str) -> Any:
    module, _, name = value.partition(":")
    return getattr(importlib.import_module(module), name)


def path_of(item: Any) -> str:
    return f"{item.__module__}:{item.__qualname__}"


def subclasses(base: type) -> set[type]:
    return {base} | {found for child in base.__subclasses__() for found in subclasses(child)}


def test_every_entry_config_is_declared_exactly_once():
    own = {module.__name__ for module in modules()}
    # A class with slots is made anew by attrs; the one that it was made from is garbage, and still a subclass.
    gc.collect()
    bases = {path_of(registry(kind).base) for kind in kinds() if not registry(kind).value} | {path_of(EntryConfig)}
    values = [value for kind, _, value in CONFIG_ENTRIES]
    # What entries share may be a base that is no entry itself.
    shared = {config for config in subclasses(EntryConfig) if config.__subclasses__() and path_of(config) not in values}
    found = {config for config in subclasses(EntryConfig) - shared if not vars(config).get("deprecated")}
    configs = {path_of(config) for config in found if config.__module__ in own} - bases

    assert {value for value in values if values.count(value) > 1} == set()
    assert configs == set(values)


@pytest.mark.parametrize(("kind", "name", "value"), CONFIG_ENTRIES, ids=lambda part: str(part))
def test_an_entry_points_to_where_its_class_is_defined(kind, name, value):
    config = load(value)

    assert path_of(config) == value
    assert registry(kind).name_of(config) == name


@pytest.mark.parametrize(("kind", "name", "value"), CONFIG_ENTRIES, ids=lambda part: str(part))
def test_every_setting_of_an_entry_has_a_meaning_and_none_is_called_type(kind, name, value):
    fields = attrs.fields(load(value))

    assert [field.name for field in fields if not field.metadata.get("help")] == []
    assert "type" not in {field.name for field in fields}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_what_is_installed_is_what_is_declared(member):
    installed = distribution(member.name).entry_points
    points = {(point.group, point.name, point.value) for point in installed if point.group.startswith(GROUP_PREFIX)}

    assert points == {(GROUP_PREFIX + kind, name, value) for kind, name, value in declared(member)}, "run `uv sync`"


def test_the_doctor_has_nothing_to_say():
    command = [sys.executable, "-m", "spacenit_core", "plugins", "doctor", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert [finding for finding in json.loads(done.stdout) if finding["level"] != "note"] == []


def test_the_table_of_known_entries_is_what_all_members_declare():
    expected: dict[str, dict[str, str]] = {}
    for member in MEMBERS:
        for kind, name, _ in declared(member):
            expected.setdefault(kind, {})[name] = member.name

    assert expected == KNOWN, "run `uv run python packages/spacenit-core/hatch_build.py`"
    assert sorted(FAMILY) == [member.name for member in MEMBERS if member.parent.name == "packages"]


def test_every_official_command_has_a_help_line():
    commands = {name for member in MEMBERS for kind, name, _ in declared(member) if kind == "commands"}

    assert commands == SUMMARIES.keys()
    assert list(SUMMARIES) == sorted(SUMMARIES)


def test_imports_run_one_way():
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_workspace_knows_every_member():
    root = tomllib.loads((ROOT / "pyproject.toml").read_text())
    names = {member.name for member in MEMBERS}
    packages = {name.replace("-", "_") for name in names}

    assert {needed.partition("[")[0] for needed in root["project"]["dependencies"]} == names
    assert names <= root["tool"]["uv"]["sources"].keys()
    assert set(root["tool"]["importlinter"]["root_packages"]) == packages
    assert set(root["tool"]["mypy"]["packages"]) == packages


@pytest.mark.parametrize(
    "member", [member for member in MEMBERS if member.name not in FAMILY], ids=lambda member: member.name
)
def test_plugins_bound_the_versions_that_they_are_written_for(member):
    needed = [text for text in project(member)["project"]["dependencies"] if text.startswith("spacenit-")]

    assert needed
    assert [text for text in needed if not re.search(r">=.*,<", text)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_are_read_in_one_sitting_and_functions_fit_a_screen(path):
    text = path.read_text()
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}

    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION_LINES} == {}


def test_files_of_tests_are_read_in_one_sitting_too():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in TESTS}

    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def undocumented(module: ModuleType) -> list[str]:
    """The public classes, functions and methods of a module that have no docstring."""
    missing = [] if module.__doc__ else [module.__name__]
    for name, item in vars(module).items():
        if name.startswith("_") or getattr(item, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(item):
            # What a subclass redefines is documented where it is introduced.
            inherited = {other for base in item.__mro__[1:] for other in vars(base)}
            members = {key: value for key, value in vars(item).items() if key not in inherited}
            items = [(f"{name}.{key}", value) for key, value in members.items() if not key.startswith("_")]
            items = [(name, item), *((key, getattr(value, "fget", None) or value) for key, value in items)]
        else:
            items = [(name, item)]
        for label, part in items:
            part = getattr(part, "__func__", part)
            if (inspect.isclass(part) or inspect.isfunction(part)) and not part.__doc__:
                missing.append(f"{module.__name__}.{label}")
    return missing


def test_public_names_have_docstrings():
    assert [name for module in modules() for name in undocumented(module)] == []

"""A package to start from: `spacenit-run plugins new NAME --kind KIND`, filled in from `templates/`."""

import importlib.util
import keyword
import re
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import NamedTuple

from spacenit_core.cli.next_steps import usage
from spacenit_core.errors import UserError
from spacenit_core.plugins import discovery
from spacenit_core.plugins.registry import singular

NAME_GRAMMAR = r"[a-z][a-z0-9]*([-_][a-z0-9]+)*"

REQUIREMENTS = dict.fromkeys(("recipes", "runners"), ("spacenit-core", "spacenit-train"))
"""What the packages of a kind need, where that is more than the core."""


BESIDE = ("datasets", "encoders", "loaders", "models", "runners")
"""Kinds whose templates have a class beside the config, which then is called NAMEConfig."""


class Created(NamedTuple):
    """What was written.

    Attributes:
        folder: the package's folder.
        files: everything in it.
        kind: the kind of its entry.
        entry: the name of its entry.
    """

    folder: Path
    files: list[Path]
    kind: str
    entry: str


def create(name: str, kind: str, path: Path | None = None) -> Created:
    """Write a package with one entry that works and a test that passes.

    Args:
        name: the distribution's name; the entry's name follows from it ("spacenit-aster" declares "aster").
        kind: what it is an entry of.
        path: the folder to write; ``./<name>`` by default. It must not hold anything yet.

    Raises:
        UserError: where the name or the folder cannot be used; nothing is written then.
    """
    words = _words(name, kind)
    folder = (Path(words["name"]) if path is None else path).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists and is not an empty folder", "name another folder with --path")
    templates = {folder / target: template for target, template in _layout(words, kind).items()}
    made = next((path for path in reversed((folder, *folder.parents)) if not path.exists()), None)
    try:
        for file, template in templates.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(Template(template.read_text(encoding="utf-8")).substitute(words), encoding="utf-8")
    except OSError as error:
        # Whatever is there is ours: the folder was absent or empty.
        shutil.rmtree(made or folder, ignore_errors=True)
        problem = f"{folder} cannot be written: {error.strerror or error}"
        raise UserError(problem, "name another folder with --path") from error
    return Created(folder, list(templates), kind, words["entry"])


def template_kinds() -> list[str]:
    """The kinds that there is a template for, sorted."""
    return sorted(item.name for item in _templates().iterdir() if item.is_dir() and item.name != "common")


def _templates() -> Traversable:
    return files("spacenit_core.cli") / "templates"


def _layout(words: dict[str, str], kind: str) -> dict[str, Traversable]:
    common, own = _templates() / "common", _templates() / kind
    source = f"src/{words['package']}"
    names = {"module.py": f"{source}/{words['module']}.py", "test.py": f"tests/test_{words['entry']}.py"}
    parts = sorted(own.iterdir(), key=lambda part: part.name)
    return {
        "pyproject.toml": common / "pyproject.toml.tmpl",
        "README.md": common / "README.md.tmpl",
        f"{source}/__init__.py": common / "init.py.tmpl",
        f"{source}/py.typed": common / "py.typed.tmpl",
    } | {names.get(name := part.name.removesuffix(".tmpl"), f"{source}/{name}"): part for part in parts}


def _words(distribution: str, kind: str) -> dict[str, str]:
    if not re.fullmatch(NAME_GRAMMAR, distribution):
        raise UserError(
            f"{distribution!r} cannot name a plugin",
            "use lower-case words joined by hyphens, beginning with a letter: my-mask",
        )
    package = distribution.replace("-", "_")
    entry = package.removeprefix("spacenit_")
    taken = package in sys.stdlib_module_names or importlib.util.find_spec(package) is not None
    if taken or keyword.iskeyword(entry):
        raise UserError(
            f"{package!r} is the name of something else in Python", f"take another one, e.g. my-{distribution}"
        )
    owners = [other.distribution for other in discovery.entries(kind) if other.name == entry]
    if owners:
        raise UserError(f"{singular(kind)} {entry!r} exists already, in {owners[0]}", "take another name")
    core = metadata("spacenit-core")
    major, minor = core["Version"].split(".")[:2]
    bounds = f">={major}.{minor},<{major}.{int(minor) + 1}"
    name = _spelling(kind)(entry)
    return {
        "name": discovery.normalized(distribution),
        "package": package,
        "entry": entry,
        "kind": kind,
        "singular": singular(kind),
        "module": singular(kind),
        "object": name,
        "target": f"{name}Config" if kind in BESIDE else name,
        "use": usage(kind, entry),
        "requirements": "\n".join(f'    "{needed}{bounds}",' for needed in REQUIREMENTS.get(kind, ("spacenit-core",))),
        "python": core["Requires-Python"],
    }


def _spelling(kind: str) -> Callable[[str], str]:
    if kind in ("sensors", "patches"):
        return str.upper
    if kind in ("commands", "recipes"):
        return str
    return lambda entry: "".join(word.capitalize() for word in entry.split("_"))

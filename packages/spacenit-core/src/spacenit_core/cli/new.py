"""A package to start from: `spacenit-run plugins new NAME --kind KIND`, filled in from `templates/`."""

import importlib.util
import keyword
import re
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import metadata
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import NamedTuple

from spacenit_core.cli.next_steps import usage
from spacenit_core.cli.templates_of import OWN, needed_templates
from spacenit_core.errors import UserError
from spacenit_core.plugins import discovery
from spacenit_core.plugins.registry import is_own, registry, singular

NAME_GRAMMAR = r"[a-z][a-z0-9]*([-_][a-z0-9]+)*"

REQUIREMENTS = dict.fromkeys(("recipes", "runners"), ("spacenit-core", "spacenit-train"))
"""What the packages of a kind of the core need, where that is more than the core."""


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


def _layout(words: dict[str, str], kind: str) -> dict[str, Traversable]:
    common, own = OWN / "common", needed_templates(kind)
    source = f"src/{words['package']}"
    names = {
        "module.py": f"{source}/{words['module']}.py",
        "test.py": f"tests/test_{words['entry']}.py",
        # A kind comes with an entry and with templates for others.
        "pyproject.toml": "pyproject.toml",
        "template_module.py.tmpl": f"{source}/templates/{words['entry']}/module.py.tmpl",
        "template_test.py.tmpl": f"{source}/templates/{words['entry']}/test.py.tmpl",
    }
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
    name = _spelling(kind)(entry)
    return {
        "name": discovery.normalized(distribution),
        "package": package,
        "entry": entry,
        "kind": kind,
        "singular": singular(kind),
        "module": singular(kind),
        "object": name,
        "camel": _camel(entry),
        "target": f"{name}Config" if _has_config_beside(kind) else name,
        "use": usage(kind, entry),
        "requirements": "\n".join(f'    "{needed}{_bounds(needed)}",' for needed in _requirements(kind)),
        "python": metadata("spacenit-core")["Requires-Python"],
    }


def _has_config_beside(kind: str) -> bool:
    """Whether a kind's template has a class beside the config, which then is called NAMEConfig."""
    return "class ${object}Config" in (needed_templates(kind) / "module.py.tmpl").read_text(encoding="utf-8")


def _requirements(kind: str) -> tuple[str, ...]:
    if is_own(kind):
        return REQUIREMENTS.get(kind, ("spacenit-core",))
    return ("spacenit-core", registry("kinds").entry(kind).distribution)


def _bounds(distribution: str) -> str:
    """This minor version of a distribution and none beyond; nothing where it does not say its version in that way."""
    found = re.match(r"(\d+)\.(\d+)", discovery.version_of(distribution))
    return f">={found[1]}.{found[2]},<{found[1]}.{int(found[2]) + 1}" if found else ""


def _spelling(kind: str) -> Callable[[str], str]:
    if kind in ("commands", "recipes"):
        return str
    return str.upper if registry(kind).value else _camel


def _camel(entry: str) -> str:
    return "".join(word.capitalize() for word in entry.split("_"))

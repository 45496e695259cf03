"""Where the templates of `spacenit-run plugins new` are."""

from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable

from spacenit_core.errors import UserError
from spacenit_core.plugins.registry import home, is_own, kinds, registry

OWN = files("spacenit_core.cli") / "templates"
"""Folders with the templates of the core's kinds, one a kind, and `common` for what all packages have."""


def templates_of(kind: str) -> Traversable | None:
    """The folder with the templates of a kind; None where there is none.

    A plugin that adds a kind has it beside the module of the kind's registry: ``templates/<kind>``.
    """
    package = "" if is_own(kind) else import_module(home(kind)).__package__
    folder = OWN / kind if is_own(kind) else files(package) / "templates" / kind if package else None
    return folder if folder is not None and folder.is_dir() else None


def template_kinds() -> list[str]:
    """The kinds that there is a template for, sorted."""
    return [kind for kind in kinds() if templates_of(kind) is not None]


def needed_templates(kind: str) -> Traversable:
    """The folder with the templates of a kind.

    Raises:
        UserError: where there is none.
    """
    found = templates_of(kind)
    if found is None:
        owner = registry("kinds").entry(kind).distribution
        raise UserError(
            f"there is no template for {kind}, a kind of {owner}",
            f"`spacenit-run plugins list {kind}` shows its entries, to write one like them",
        )
    return found

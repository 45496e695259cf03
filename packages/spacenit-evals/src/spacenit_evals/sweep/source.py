"""What a run was trained by: a recipe, or a script that builds an experiment."""

import runpy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spacenit_core.config import resolve, unstructure
from spacenit_core.config.tree import leaves
from spacenit_core.errors import UserError
from spacenit_core.kinds.recipes import RECIPES

FUNCTION = "experiment"
"""The function without arguments of a script that returns its experiment."""


def built_by(module_path: str) -> Any:
    """The experiment of a recipe, by its name or as a guide's script (`scripts/official/base.py`), or of a script.

    Raises:
        UserError: where there is neither, or the script builds none.
    """
    path = Path(module_path).expanduser()
    if path.suffix != ".py":
        return RECIPES.get(module_path)()
    if not path.is_file():
        if RECIPES.canonical(path.stem) in RECIPES.names():
            return RECIPES.get(path.stem)()
        raise UserError(
            f"there is no script {path}", f"--module_path takes a recipe, or a script with a function {FUNCTION}()"
        )
    made = runpy.run_path(str(path), run_name="spacenit_script").get(FUNCTION)
    if not callable(made):
        raise UserError(
            f"{path} has no function {FUNCTION}", f"write `def {FUNCTION}():` in it, which returns the Experiment"
        )
    return made()


def check_model(module_path: str, overrides: Sequence[str], checkpoint: dict[str, Any]) -> None:
    """Refuse a checkpoint that was trained with another model than is stated.

    Args:
        module_path: the recipe or script.
        overrides: "--model.a=value", laid upon its experiment.
        checkpoint: the settings that the checkpoint holds, as plain data.

    Raises:
        UserError: naming the settings that differ.
    """
    base = built_by(module_path)
    resolved = resolve(base, overrides=overrides, aliases=getattr(type(base), "aliases", None), source="script")
    refuse_other_model(unstructure(resolved.value)["model"], checkpoint.get("model") or {}, module_path)


def refuse_other_model(stated: dict[str, Any], held: dict[str, Any], source: str) -> None:
    """Refuse a checkpoint whose model is another one than is stated.

    Args:
        stated: the model's settings as plain data.
        held: those that the checkpoint holds.
        source: what states them.

    Raises:
        UserError: naming the settings that differ.
    """
    ours, theirs = dict(leaves(stated)), dict(leaves(held))
    # What one of them does not know has its default there, as with checkpoints of an earlier release.
    other = [path for path in ours if path in theirs and theirs[path] != ours[path] and ours[path] is not None]
    if other:
        shown = "\n  ".join(f"model.{'.'.join(path)}: {theirs[path]}, not {ours[path]}" for path in other[:8])
        raise UserError(
            f"the checkpoint was trained with another model than {source} builds:\n  {shown}",
            "name what it was trained by: `config.yaml` in its folder says what its model is",
        )

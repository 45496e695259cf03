"""What the pretraining guides and their toolkits call otherwise: words at a command's place, and what to type here."""

import re
from collections.abc import Sequence

from spacenit_core.errors import UserError
from spacenit_core.kinds.commands import COMMANDS
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.plugins.known import KNOWN

ELSEWHERE = "on a cluster, let its scheduler run this line on each machine; --nproc_per_node=N starts N processes"

PAGE = "docs/from_the_guides.md has more lines of the guides and what they are here"

WORDS = {
    "base_launch_ablations": "spacenit-run ablate base --all --dataset.h5py_dir=DIR",
    "run_h5_conversion": "spacenit-run data convert ROOT",
    "full_eval_sweep": "spacenit-run evals sweep --cluster=local --checkpoint_path=RUN",
    "full_eval_sweep_finetune": "spacenit-run evals sweep --cluster=local --checkpoint_path=RUN --finetune",
    "checkpoint_sweep_evals": "spacenit-run evals checkpoints RUN --benchmark NAME",
    "train_hf": "spacenit-run train RECIPE RUN_NAME local --set-from FILE.yaml",
    "eval": "spacenit-run evaluate RUN --labels FILE.tif",
    "resume": "spacenit-run train RECIPE RUN_NAME local\n  the command that began a run resumes it",
}
"""Their commands and scripts -> ours."""


def misplaced(words: Sequence[str]) -> UserError | None:
    """The error for a command line that begins as the guides' do; None for one that does not.

    Args:
        words: all words behind the program's name; the first is no command.
    """
    first, *rest = words
    script = re.fullmatch(r"(?:.*/)?(\w+)\.(?:py|sh)", first)
    name = (script[1] if script else first).replace("-", "_")
    what = f"{first} is a script of the guides" if script else f"there is no command {first!r}"
    if name.startswith("launch"):
        recipe, *others = rest or ("RECIPE",)
        return _write(what, _submitted(name, recipe, others))
    if name in WORDS:
        return _write(what, WORDS[name])
    if _is_recipe(name):
        return _write(f"{first!r} is a recipe, and the command comes before it", _reordered(name, rest))
    if owner := _group_with(name):
        return _write(f"{name!r} is a part of {owner!r}", " ".join(["spacenit-run", owner, name, *rest]))
    return _write(what, "spacenit-run train RECIPE RUN_NAME local") if script else None


def _write(what: str, line: str) -> UserError:
    return UserError(what, f"write: {line}\n  {PAGE}")


def _reordered(recipe: str, rest: Sequence[str]) -> str:
    command, *others = rest or ("train", "RUN_NAME", "local")
    if command.startswith("launch"):
        return _submitted(command, recipe, others)
    return " ".join(["spacenit-run", command, recipe, *others])


def _submitted(command: str, recipe: str, others: Sequence[str]) -> str:
    name = next((word for word in others if not word.startswith("-")), "RUN_NAME")
    return f"spacenit-run {'prep' if 'prep' in command else 'train'} {recipe} {name} local\n  {ELSEWHERE}"


def _is_recipe(name: str) -> bool:
    return RECIPES.canonical(name.partition("+")[0]) in {*RECIPES.names(), *KNOWN.get("recipes", {})}


def _group_with(name: str) -> str | None:
    """The command that has a sub-command of this name."""
    import click

    for command in COMMANDS.names():
        try:
            found = COMMANDS.get(command)
        except UserError:
            continue
        if isinstance(found, click.Group) and name in found.list_commands(click.Context(found)):
            return command
    return None

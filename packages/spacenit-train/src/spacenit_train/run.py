"""A run: a recipe by name, everything that is laid upon it, and the checks that come before any work."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from spacenit_core.config import Resolved, resolve
from spacenit_core.config.carry_over import CARRIED
from spacenit_core.config.problems import Invalid, Problem
from spacenit_core.contracts.patches import check_patch
from spacenit_core.errors import UserError
from spacenit_core.kinds.callbacks import CALLBACKS
from spacenit_core.kinds.launchers import LAUNCHERS
from spacenit_core.kinds.patches import PATCHES, Patch
from spacenit_core.kinds.recipes import RECIPES
from spacenit_train.aliases import ALIASES
from spacenit_train.checks import problems_of
from spacenit_train.experiment import Experiment
from spacenit_train.inactive import inactive_settings
from spacenit_train.left_behind import newly_encoded

RUN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


@frozen(kw_only=True)
class Run:
    """A run that may begin.

    Attributes:
        recipe: the recipe with its patches, "base+s2_only".
        resolved: its experiment, and where every value came from.
    """

    recipe: str
    resolved: Resolved

    @property
    def experiment(self) -> Experiment:
        """What is trained; `run_name` and `trainer.save_folder` are set."""
        experiment: Experiment = self.resolved.value
        return experiment

    def header(self) -> list[str]:
        """Lines that say where the configuration comes from."""
        stated = dict.fromkeys(source for _, _, source in self.resolved.rows() if source != "default")
        others = [source for source in stated if not source.startswith(("recipe ", CARRIED))]
        return [f"recipe {self.recipe}", *others]


def resolve_run(
    recipe: str | Experiment,
    run_name: str,
    cluster: str = "local",
    *,
    patches: Sequence[str] = (),
    files: Sequence[Path] = (),
    plugins: Sequence[str] = (),
    overrides: Sequence[str] = (),
    world_size: int = 1,
) -> Run:
    """Resolve and check a run.

    Args:
        recipe: a recipe's name, with patches behind plus signs ("base+s2_only"), or an experiment to start from.
        run_name: the name of the run and of its folder.
        cluster: a launcher's name.
        patches: names of further patches.
        files: YAML files with settings.
        plugins: "KIND=NAME" or "PATH=NAME".
        overrides: "--a.b=value".
        world_size: the number of processes that will share the global batch.

    Raises:
        UserError: with everything that is wrong.
    """
    _check_names(run_name, cluster)
    resolved = resolve_experiment(
        recipe,
        patches=patches,
        files=files,
        arguments={"run_name": run_name, "launch": cluster},
        plugins=plugins,
        overrides=overrides,
    )
    _refuse(resolved, resolved.value.name_problems())
    _check_names(resolved.value.run_name, cluster)
    resolved = resolved.derived(resolved.value.derived(), "derived")
    resolved = evolve(resolved, dropped=(*newly_encoded(resolved), *resolved.dropped))
    _refuse(resolved, [*inactive_settings(resolved), *problems_of(resolved.value, world_size=world_size)])
    name = recipe if isinstance(recipe, str) else recipe.run_name or "experiment"
    return Run(recipe="+".join([name, *patches]), resolved=resolved)


def resolve_experiment(
    recipe: str | Experiment,
    *,
    patches: Sequence[str] = (),
    files: Sequence[Path] = (),
    arguments: Mapping[str, str] | None = None,
    plugins: Sequence[str] = (),
    overrides: Sequence[str] = (),
) -> Resolved:
    """Resolve a recipe without the checks that belong to a run; see :func:`resolve_run` for the arguments.

    Raises:
        UserError: with everything that is wrong.
    """
    base, source, named = _start(recipe)
    run_name = (arguments or {}).get("run_name")
    return resolve(
        attach_callbacks(base, _distribution(recipe)),
        patches=_patches([*named, *patches]),
        files=files,
        arguments=arguments,
        plugins=plugins,
        overrides=overrides,
        aliases=ALIASES,
        source=source,
        adapt_file=lambda content: _without_folder(content, run_name),
    )


def attach_callbacks(experiment: Experiment, distribution: str = "") -> Experiment:
    """The experiment with the installed callbacks that join it. A broken one is left out: it harms no other.

    Args:
        experiment: as the recipe returns it.
        distribution: the recipe's; empty for an experiment that is nobody's recipe.
    """
    callbacks = dict(experiment.trainer.callbacks)
    present = {type(callback) for callback in callbacks.values()}
    for name in CALLBACKS.names():
        try:
            cls = CALLBACKS.get(name)
        except UserError:
            continue
        if cls.attach and cls not in present and cls.attach_to in ("", distribution):
            callbacks.setdefault(name, cls())
    if len(callbacks) == len(experiment.trainer.callbacks):
        return experiment
    return evolve(experiment, trainer=evolve(experiment.trainer, callbacks=callbacks))


def _start(recipe: str | Experiment) -> tuple[Experiment, str, list[str]]:
    """The experiment to start from, what to call it, and the patches in its name."""
    if isinstance(recipe, Experiment):
        return recipe, "experiment", []
    name, *patches = recipe.split("+")
    base = RECIPES.get(name)()
    if not isinstance(base, Experiment):
        raise UserError(f"the recipe {name!r} returned {type(base).__name__}, not an Experiment")
    return base, f"recipe {RECIPES.canonical(name)}", patches


def _distribution(recipe: str | Experiment) -> str:
    """Whose recipe it is; empty for an experiment."""
    return "" if isinstance(recipe, Experiment) else RECIPES.entry(recipe.partition("+")[0]).distribution


def _patches(names: Sequence[str]) -> list[Patch]:
    found, problems = [], []
    for name in names:
        try:
            found.append(PATCHES.get(name))
            check_patch(found[-1])
        except UserError as error:
            problems.append(Problem(error.message, (), error.hint or ""))
    if problems:
        raise Invalid(problems)
    return found


def _check_names(run_name: str, cluster: str) -> None:
    if LAUNCHERS.canonical(cluster) not in LAUNCHERS.names() and LAUNCHERS.canonical(run_name) in LAUNCHERS.names():
        raise UserError(
            f"{cluster!r} is no launcher, but the run name {run_name!r} is one",
            f"the order is RECIPE RUN_NAME CLUSTER: did you mean `{cluster} {run_name}`?",
        )
    _check_launcher(cluster)
    if not RUN_NAME.fullmatch(run_name) or run_name.endswith(".") or len(run_name) > 200:
        raise UserError(
            f"{run_name!r} cannot be a run's name, because the run's folder is called so",
            "use letters, digits, underscores, hyphens and dots",
        )


def _check_launcher(cluster: str) -> None:
    try:
        LAUNCHERS.entry(cluster)
    except UserError as error:
        hint = (
            f"{error.hint}\n  on a cluster, let its scheduler run the command with local on each machine, "
            "or write a launcher: spacenit-run plugins new my-cluster --kind launchers"
        )
        raise UserError(error.message, hint) from error


def _without_folder(content: dict[str, Any], run_name: str | None) -> tuple[dict[str, Any], list[str]]:
    """The content of a file; of another run's `config.yaml` without that run's folder."""
    trainer, other = content.get("trainer"), content.get("run_name")
    if other in (None, run_name) or not isinstance(trainer, dict) or "save_folder" not in trainer:
        return content, []
    rest = {key: value for key, value in trainer.items() if key != "save_folder"}
    line = f"trainer.save_folder={trainer['save_folder']} is the folder of the run {other}, so it is not taken over"
    return {**content, "trainer": rest}, [line]


def _refuse(resolved: Resolved, problems: Sequence[Problem]) -> None:
    if not problems:
        return
    placed = []
    for problem in problems:
        path = ".".join(problem.path)
        source = next((source for row, _, source in resolved.rows() if row == path), "default")
        placed.append(problem if source == "default" or not path else evolve(problem, where=f"{path} ({source})"))
    raise Invalid(placed)

"""What an ablation consists of: the recipe as it is, and one cell per patch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from spacenit_core.config import diff
from spacenit_core.config.problems import Invalid, Problem
from spacenit_core.errors import UserError
from spacenit_core.kinds.patches import PATCHES
from spacenit_train.aliases import ALIASES
from spacenit_train.experiment import Experiment
from spacenit_train.run import Run, resolve_run

REFERENCE = "reference"
"""The cell without a patch."""

_SAVE_FOLDER = "trainer.save_folder"
_OWN = ("run_name", _SAVE_FOLDER)

Change = tuple[str, Any, Any]
"""A setting, its value in the reference and its value in a cell."""


@frozen(kw_only=True)
class Request:
    """What the command line asks for.

    Attributes:
        recipe: the recipe, with patches behind plus signs that all cells share.
        run_name: the name of the ablation and of its folder.
        cluster: a launcher's name.
        names: the patches, each one name or several with plus signs between; None for every installed ablation.
        plugins: "KIND=NAME" or "PATH=NAME".
        files: YAML files with settings.
        overrides: "--a.b=value".
        processes: options for torchrun.
        world_size: processes of one training.
        trusted: sensors whose pixels are taken as they are, whatever the statistics make of them.
    """

    recipe: str
    run_name: str
    cluster: str
    names: tuple[str, ...] | None
    plugins: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    overrides: tuple[str, ...] = ()
    processes: tuple[str, ...] = ()
    world_size: int = 1
    trusted: tuple[str, ...] = ()


@frozen(kw_only=True)
class Cell:
    """One training of an ablation.

    Attributes:
        name: "reference", or its patches with plus signs between.
        run: the resolved run.
        changes: the settings in which it differs from the reference.
        words: the command line of its training, behind `spacenit-run`.
    """

    name: str
    run: Run
    changes: tuple[Change, ...]
    words: tuple[str, ...]

    @property
    def overrides(self) -> dict[str, str]:
        """What its patches state; of a path that two of them state the later one's text."""
        names = () if self.name == REFERENCE else self.name.split("+")
        return {path: text for name in names for path, text in PATCHES.get(name).overrides.items()}

    @property
    def brief(self) -> tuple[Change, ...]:
        """The changes without the settings that went away, or came, with the type of what holds them."""
        types = tuple(path.removesuffix("type") for path, _, _ in self.changes if path.endswith(".type"))
        return tuple(
            (path, old, new)
            for path, old, new in self.changes
            if path in self.overrides or path.endswith(".type") or not path.startswith(types)
        )

    @property
    def experiment(self) -> Experiment:
        """What is trained."""
        return self.run.experiment

    @property
    def folder(self) -> Path:
        """Where it is trained."""
        folder = self.experiment.trainer.save_folder
        assert folder is not None
        return folder


@frozen(kw_only=True)
class Plan:
    """A whole ablation.

    Attributes:
        title: the recipe's name and the ablation's.
        folder: where everything goes; the cells have folders in it.
        cells: the reference first.
        left_out: name and reason of every installed ablation that is no cell.
    """

    title: str
    folder: Path
    cells: tuple[Cell, ...]
    left_out: tuple[tuple[str, str], ...] = field(default=())

    def left_behind(self) -> list[str]:
        """What the cells do not take over from the recipe, each line once, with the cells that it is about."""
        cells: dict[str, list[str]] = {}
        for cell in self.cells:
            for line in cell.run.resolved.dropped:
                cells.setdefault(line, []).append(cell.name)
        return [
            line if len(names) == len(self.cells) else f"{', '.join(names)}: {line}" for line, names in cells.items()
        ]


def make_plan(request: Request) -> Plan:
    """Resolve and check every cell; nothing is made yet.

    Of the installed ablations those that this recipe refuses, or that change nothing about it, are left out with the
    reason; patches that are asked for by name must fit.

    Raises:
        UserError: with everything that is wrong.
    """
    whole = resolve_run(
        request.recipe,
        request.run_name,
        request.cluster,
        plugins=request.plugins,
        files=request.files,
        overrides=request.overrides,
        world_size=request.world_size,
    )
    folder = whole.experiment.trainer.save_folder
    assert folder is not None
    inner = evolve(request, overrides=tuple(token for token in request.overrides if not _names_folder(token)))
    reference = _cell(inner, folder, (), None)
    cells, left_out, problems = [reference], [], []
    for name in dict.fromkeys(installed_ablations() if request.names is None else request.names):
        try:
            cell = _cell(inner, folder, tuple(name.split("+")), reference)
            if not cell.changes:
                raise UserError(f"it changes nothing about {whole.recipe} with these settings")
            cells.append(cell)
        except UserError as error:
            left_out.append((name, error.message.splitlines()[0]))
            problems.append(Problem(error.message, (), error.hint or "", f"--patch {name}"))
    if request.names is not None and problems:
        raise Invalid(problems)
    return Plan(
        title=f"{request.run_name}: ablations of {whole.recipe}",
        folder=folder,
        cells=tuple(cells),
        left_out=tuple(left_out),
    )


def installed_ablations() -> list[str]:
    """The installed patches that are ablations, theme after theme; a broken plugin's are left out."""
    themes = {}
    for name in PATCHES.names():
        try:
            themes[name] = PATCHES.get(name).theme
        except UserError:
            continue
    return sorted((name for name, theme in themes.items() if theme is not None), key=lambda name: themes[name] or "")


def _cell(request: Request, folder: Path, patches: Sequence[str], reference: Cell | None) -> Cell:
    canonical = tuple(PATCHES.canonical(patch) for patch in patches)
    name = "+".join(canonical) or REFERENCE
    recipe, run_name = "+".join([request.recipe, *canonical]), "-".join([request.run_name, *(canonical or (name,))])
    save_folder = f"--{_SAVE_FOLDER}={folder / name}"
    run = resolve_run(
        recipe,
        run_name,
        request.cluster,
        plugins=request.plugins,
        files=request.files,
        overrides=[*request.overrides, save_folder],
        world_size=request.world_size,
    )
    words = [*(f"--plugin={item}" for item in request.plugins), *(f"--set-from={path}" for path in request.files)]
    words += [f"--trust-statistics={name}" for name in request.trusted]
    return Cell(
        name=name,
        run=run,
        changes=() if reference is None else _changes(reference.experiment, run.experiment),
        words=("train", recipe, run_name, request.cluster, *request.processes, *words, *request.overrides, save_folder),
    )


def _changes(reference: Experiment, other: Experiment) -> tuple[Change, ...]:
    return tuple(change for change in diff(reference, other) if change[0] not in _OWN)


def _names_folder(token: str) -> bool:
    path = token.lstrip("-").partition("=")[0].replace("-", "_")
    return ".".join(ALIASES.canonical(tuple(path.split(".")))) == _SAVE_FOLDER

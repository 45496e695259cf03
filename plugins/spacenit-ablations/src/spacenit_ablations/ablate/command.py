"""`spacenit-run ablate`: a recipe and its ablations on the same data and seed, in one table."""

from pathlib import Path
from typing import Any

import click

from spacenit_ablations.ablate.plan import Plan, Request, make_plan
from spacenit_core.cli.paths import PATH
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.parsing import spelled
from spacenit_core.errors import UserError, naming_options
from spacenit_core.text import columns
from spacenit_train.aliases import ALIASES
from spacenit_train.cli.common import ARGUMENTS, CONTEXT, Processes, experiment_class, trust_option, trusted_sensors
from spacenit_train.left_behind import say_left_behind
from spacenit_train.tile_options import OPTIONS

EPILOG = """\b
Examples:
  spacenit-run ablate base --all --dry-run
  spacenit-run ablate base --all --dataset.h5py_dir=DIR
  spacenit-run ablate base my_ablation local --dataset.h5py_dir=DIR \\
    --patch no_maps --patch no_contrastive
  spacenit-run ablate nano --patch no_maps+no_contrastive \\
    --trainer.max_duration.steps=2000 \\
    --train_module.scheduler.warmup_steps=200 --dataset.h5py_dir=DIR
  spacenit-run ablate tiny --all --labels land_cover.tif --window 4 \\
    --dataset.h5py_dir=DIR --nproc_per_node=8

RUN_NAME is RECIPE_ablations and CLUSTER local where they are not given. A short run needs a short warm-up: within the
recipe's, of thousands of steps, cells hardly differ. Everything goes into the folder of RUN_NAME: a run folder and a
log per cell, results.md, results.csv, results.json and results.png. The same command goes on where it was stopped:
finished cells are not trained again, failed ones are tried again, and evaluations are made again where the content of
the labels changed. Exit code 1: some cells failed.
"""


def _many(*names: str, **settings: Any) -> Any:
    return click.option(*names, multiple=True, **settings)


@click.command("ablate", epilog=EPILOG, context_settings=CONTEXT, short_help="Train a recipe and its ablations.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="RECIPE [RUN_NAME [CLUSTER]] [--SETTING=VALUE]...")
@click.option("--all", "everything", is_flag=True, help="Every installed ablation that changes this recipe.")
@_many("--patch", "patches", metavar="NAME", help="One cell; NAME+NAME lays both in one cell.")
@click.option("--dry-run", is_flag=True, help="Show the cells and what each changes; train nothing.")
@_many("--labels", type=PATH, metavar="FILE", help="Evaluate the cells at labelled ground (spacenit-evals).")
@_many("--ignore", metavar="CODE|NAME|none", help="Of the labels: what means 'no label'; 0 of rasters if unset.")
@click.option("--class-attribute", metavar="NAME", help="Of labels that are polygons: attribute that holds the class.")
@click.option("--h5py_dir", "--h5py-dir", type=PATH, help="Set that the labels lie in; the training set if unset.")
@_many("--sensor", "sensors", metavar="NAME", help="Of the evaluation: an input; all shared imagery if unset.")
@click.option("--window", type=click.IntRange(1), help="Of the evaluation: cells a side of a window.")
@click.option("--patch-size", type=click.IntRange(1), help="Of the evaluation: cells a side of a patch.")
@click.option("--block", type=click.FloatRange(min=1), help="Of the evaluation: metres a side of a square of ground.")
@click.option("--dates", metavar="last|first|spread", help="Of the evaluation: what to keep of longer series.")
@click.option("--max-points", type=click.IntRange(1), help="Of the evaluation: most labelled points.")
@click.option("--draws", type=click.IntRange(1), help="Of the evaluation: draws of the squares to train on.")
@click.option("--folds", type=click.IntRange(2), help="Of the evaluation: parts that are tested in turn.")
@_many("--plugin", "plugins", metavar="KIND=NAME", help="Set the slot of a kind in every cell.")
@_many("--set-from", "files", metavar="FILE.yaml", type=PATH, help="Read settings of every cell from a file.")
@click.option("--nproc_per_node", "--nproc-per-node", metavar="N", help="Train every cell in N processes.")
@trust_option
@naming_options(OPTIONS)
def ablate(
    words: tuple[str, ...],
    everything: bool,
    patches: tuple[str, ...],
    dry_run: bool,
    labels: tuple[Path, ...],
    ignore: tuple[str, ...],
    class_attribute: str | None,
    h5py_dir: Path | None,
    plugins: tuple[str, ...],
    files: tuple[Path, ...],
    nproc_per_node: str | None,
    sensors: tuple[str, ...],
    trusted: tuple[str, ...],
    **evaluation: int | float | str | None,
) -> int:
    """Train RECIPE as it is and once per ablation, on the same data and seed, and compare them in one table and figure.

    Every cell is a run of its own, in a process of its own. Settings hold for all cells; a patch changes one. Cells are
    compared by labels where --labels gives some. Otherwise by their training figures: losses of different objectives
    cannot be compared, and the table says which.
    """
    processes = Processes(nproc_per_node=nproc_per_node)
    recipe, run_name, cluster, overrides = _arguments(words)
    if everything == bool(patches):
        hint = "add --all, or --patch NAME for each (`spacenit-run recipes list` shows them)"
        raise UserError("--all already means every ablation" if patches else "no ablation is named", hint)
    plan = make_plan(
        Request(
            recipe=recipe,
            run_name=run_name,
            cluster=cluster,
            names=None if everything else patches,
            plugins=plugins,
            files=files,
            overrides=tuple(overrides),
            processes=tuple(processes.options()),
            world_size=processes.world_size(),
            trusted=trusted_sensors(trusted),
        )
    )
    given = {name: value for name, value in evaluation.items() if value is not None}
    if not labels and (given or sensors or ignore or class_attribute or h5py_dir is not None):
        raise UserError("options of the evaluation need something to evaluate with", "add --labels FILE")
    say_left_behind(plan.left_behind())
    if dry_run:
        click.echo(_shown(plan))
        return 0
    # Late, because this imports torch, and most mistakes are found before.
    from spacenit_ablations.ablate.run import Ablation
    from spacenit_ablations.ablate.scores import Evaluation

    options = tuple(f"--{name.replace('_', '-')}={value}" for name, value in given.items())
    judged = Evaluation(
        labels=labels,
        ignore=ignore,
        attribute=class_attribute,
        h5py_dir=h5py_dir,
        sensors=sensors,
        options=options,
    )
    return Ablation(plan=plan, evaluation=judged if labels else None).run()


def _arguments(words: tuple[str, ...]) -> tuple[str, str, str, list[str]]:
    """Recipe, run name, cluster and overrides; name and cluster follow from the recipe where they are not given."""
    count = sum(not word.startswith("-") for word in words)
    names = ARGUMENTS[: min(max(count, 1), len(ARGUMENTS))]
    found, overrides = split_words(
        words, names, root=experiment_class(words), aliases=ALIASES, options=command_options(ablate)
    )
    recipe = found[0]
    defaults = (recipe, f"{recipe.replace('+', '_')}_ablations", "local")
    _, run_name, cluster = (*found, *defaults[len(found) :])
    return recipe, run_name, cluster, overrides


def _apart(old: Any, new: Any) -> tuple[str, str]:
    """Both values of a setting; of a long list from which some are taken, how many there are and which are taken."""
    if isinstance(old, list) and isinstance(new, list) and len(new) < len(old) and set(new) <= set(old):
        without = f"without {','.join(map(str, (item for item in old if item not in new)))}"
        return f"{len(old)} of them", min(without, spelled(new), key=len)
    return spelled(old), spelled(new)


def _shown(plan: Plan) -> str:
    rows: list[tuple[str, str, str]] = []
    for cell in plan.cells[1:]:
        rows += [(cell.name, "", ""), *((f"  {path}", *_apart(old, new)) for path, old, new in cell.brief)]
    parts = [plan.title, f"{len(plan.cells)} cells in {plan.folder}; the first is the recipe as it is"]
    if rows:
        parts.append(columns(rows, ("cell and what it changes", "reference", "here")))
    if plan.left_out:
        parts.append("left out:\n" + "\n".join(f"  {name}: {reason}" for name, reason in plan.left_out))
    return "\n\n".join(parts)

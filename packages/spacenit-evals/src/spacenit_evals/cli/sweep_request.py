"""What a sweep's command line asks for."""

from collections.abc import Mapping, Sequence
from typing import Any

from spacenit_core.config.parsing import parse
from spacenit_core.errors import UserError
from spacenit_evals.cli.sweep_words import SortedWords
from spacenit_evals.sweep.judging import change_of, protocols_of
from spacenit_evals.sweep.request import SweepRequest

PRESETS = ("galileo", "dino_v3", "panopticon")
"""Models of others that have a flag of their own."""


def sweep_request(flags: Mapping[str, Any], given: SortedWords) -> tuple[SweepRequest, list[str]]:
    """What is asked for, and notes about it.

    Args:
        flags: of the command line, by name.
        given: its settings.

    Raises:
        UserError: for flags that do not fit together, and for what does not exist.
    """
    named = tuple(name for name in PRESETS if flags[name]) + flags["model"]
    if bool(named) == (flags["checkpoint_path"] is not None):
        hint = "--checkpoint_path=RUN, or --galileo, --dino_v3, --panopticon, --model NAME"
        raise UserError("two models are named" if named else "no model is named", f"give one of {hint}")
    models, notes = _of_others(flags, named, given.model) if named else _of_run(flags, given.model, given.run)
    if named and given.run:
        raise UserError(f"{given.run[0]}: a setting of a run, and models of others are evaluated", "leave it out")
    stated = tuple(_list(flags["task_names"]))
    if stated and given.tasks:
        raise UserError("--task-names and tasks_to_run name tasks", "keep one of them")
    return SweepRequest(
        models=tuple(models),
        protocols=protocols_of(flags, given.protocol),
        tasks=stated or given.tasks,
        skipped=tuple(_list(flags["task_skip_names"])),
        defaults_only=flags["defaults_only"],
        rates_only=flags["lr_only"],
        select_by_validation=flags["select_best_val"],
        label_fraction=flags["label_fraction"],
        patch_size=flags["patch_size"],
        change=change_of(flags),
    ), notes


def _of_others(
    flags: Mapping[str, Any], named: tuple[str, ...], overrides: Sequence[str]
) -> tuple[list[Any], list[str]]:
    from spacenit_evals.sweep.models import ModelFlags, models_of_others

    if flags["module_path"]:
        raise UserError(
            "--module_path says what a checkpoint was trained by", "leave it out, or give --checkpoint_path"
        )
    models, absent = models_of_others(
        ModelFlags(
            presets=named,
            skipped=tuple(_list(flags["model_skip_names"])),
            size=flags["size"],
            all_sizes=flags["all_sizes"],
            name=flags["model_name"],
            overrides=tuple(overrides),
            patch_size=flags["patch_size"],
        )
    )
    return models, [f"{name}: not installed" for name in absent]


def _of_run(flags: Mapping[str, Any], model: Sequence[str], of_run: Sequence[str]) -> tuple[list[Any], list[str]]:
    """The model of a checkpoint. What is not there ends a sweep, and a preview says so."""
    from spacenit_core.checkpoint import check_run
    from spacenit_core.pretrained.olmoearth.hub import FILES, is_hub_id
    from spacenit_evals.sweep.models import run_model, settings_of_checkpoint
    from spacenit_evals.sweep.source import built_by, check_model

    checkpoint, module, notes = flags["checkpoint_path"], flags["module_path"], []
    if flags["size"] or flags["all_sizes"] or flags["model_skip_names"]:
        raise UserError("a checkpoint has one size", "leave --size, --all_sizes and --model-skip-names out")
    overrides = [*model, *of_run]
    if overrides and not module:
        raise UserError(f"{overrides[0]}: a checkpoint says what its model is", "name its recipe: --module_path=RECIPE")
    try:
        if not is_hub_id(str(checkpoint)) and not (checkpoint.expanduser() / FILES[0]).is_file():
            check_run(checkpoint.expanduser())
        if module:
            check_model(module, overrides, settings_of_checkpoint(checkpoint))
    except UserError as error:
        if not flags["dry_run"]:
            raise
        notes.append(f"a sweep would end here: {error.message}")
        if module and checkpoint.exists():
            built_by(module)
    return [run_model(checkpoint, flags["model_name"])], notes


def _list(text: str | None) -> list[str]:
    """Names behind one option: "a,b" or "[a,b]"."""
    if not text:
        return []
    if text.startswith(("[", "\\[")):
        found: list[str] = parse(text, tuple[str, ...])
        return found
    return [name.strip() for name in text.split(",") if name.strip()]

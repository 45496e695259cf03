"""`spacenit-run dry_run`: what a run would do, without data and without torch."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from spacenit_core.config import dump_yaml
from spacenit_core.config.parsing import spelled
from spacenit_core.config.resolve import path_settings
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.text import columns, folded
from spacenit_train.cli.common import Request, run_command
from spacenit_train.experiment import Experiment, configs_in
from spacenit_train.remarks import known_steps, remarks

_SAVE_FOLDER = "trainer.save_folder"
_OF_DATA = ("dataset.", "data_loader.")
_NOTES = {
    "absent": {_SAVE_FOLDER: "will be made"},
    "there": {_SAVE_FOLDER: "a run that is there is resumed"},
}


@run_command(
    "dry_run",
    examples=[
        "dry_run base my_run local",
        "dry_run base+s2_only my_run local --train_module.optim.lr=0.0002",
        "dry_run base my_run local --plugin masking=random --yaml > my_run.yaml",
    ],
)
@click.option("--json", "form", flag_value="json", help="Everything as one JSON object.")
@click.option("--yaml", "form", flag_value="yaml", help="The configuration as YAML, as --set-from reads it.")
def dry_run(request: Request, form: str | None) -> None:
    """Show every setting of a run and where it comes from.

    Needs no data; of a set that is named and there it looks at the index. Says which paths are unset or absent, and
    which settings came to nothing. A configuration that cannot run is refused with everything that is wrong.
    """
    resolved = request.run.resolved
    if form == "yaml":
        click.echo(dump_yaml(resolved.values), nl=False)
    elif form == "json":
        click.echo(json.dumps(_as_json(request), indent=1))
    else:
        click.echo(_as_text(request))


def _paths(request: Request) -> dict[str, tuple[str | None, str]]:
    """Every setting that is a path: its value, and whether it is unset, absent or there."""
    values = {path: value for path, value, _ in request.run.resolved.rows()}
    found = {}
    for keys in path_settings(type(request.experiment), request.run.resolved.values):
        value = values[".".join(keys)]
        state = "unset" if value is None else "there" if Path(value).exists() else "absent"
        found[".".join(keys)] = (value, state)
    return found


def _remarks(experiment: Experiment) -> dict[str, str]:
    """What the attention backends have to say, by their paths."""
    found = [(path, config) for path, config in configs_in(experiment) if isinstance(config, AttentionConfig)]
    return {".".join(path): available for path, config in found if (available := config.availability())}


def _notes(request: Request) -> list[str]:
    """What the settings do that they may not mean, as far as that is known without reading samples."""
    experiment = request.experiment
    steps = known_steps(experiment.trainer.max_duration, None)
    notes = remarks(experiment, steps=steps, world_size=request.processes.world_size())
    there = any(path.startswith(_OF_DATA) and state == "there" for path, (_, state) in _paths(request).items())
    return [*experiment.notes_of_data(), *notes] if there else notes


def _as_json(request: Request) -> dict[str, Any]:
    resolved = request.run.resolved
    return {
        "recipe": request.run.recipe,
        "config": resolved.values,
        "sources": {path: source for path, _, source in resolved.rows()},
        "paths": {path: {"value": value, "state": state} for path, (value, state) in _paths(request).items()},
        "remarks": _remarks(request.experiment),
        "notes": _notes(request),
        "dropped": list(resolved.dropped),
    }


def _as_text(request: Request) -> str:
    resolved = request.run.resolved
    rows = [(path, spelled(value), source) for path, value, source in resolved.rows()]
    parts = [columns(rows, ("setting", "value", "source"))]
    of_state = {**_NOTES, "unset": request.experiment.needed_paths()}
    paths = [
        (path, state if value is None else f"{value} ({state})", of_state[state].get(path, ""))
        for path, (value, state) in _paths(request).items()
    ]
    parts.append(columns(paths, ("path", "state", "note")))
    paragraphs = []
    if attention := _remarks(request.experiment):
        paragraphs.append("\n".join(f"{path}: {remark}" for path, remark in attention.items()))
    if notes := _notes(request):
        paragraphs.append("\n".join(f"note: {note}" for note in notes))
    if resolved.dropped:
        paragraphs.append("not taken over:\n" + "\n".join(f"  {line}" for line in resolved.dropped))
    parts += [folded(text, sys.stdout) for text in paragraphs]
    return "\n\n".join(parts)

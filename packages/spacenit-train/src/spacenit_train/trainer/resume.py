"""What may differ between the two halves of a run, and what may not."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from spacenit_core.config.converter import default_of, unstructure
from spacenit_core.config.tree import leaves
from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import AS_STORED, UNREADABLE
from spacenit_train.experiment import Experiment

log = logging.getLogger(__name__)

FREE = (
    "run_name",
    "launch",
    "trainer",
    "data_loader.num_workers",
    "data_loader.prefetch_factor",
    "data_loader.on_corrupt",
    "data_loader.max_corrupt_fraction",
    "train_module.memory",
)
"""Settings that a resumed run may change: they decide how long and where it runs, not what it computes."""

_SHOWN = 10


def plain(experiment: Experiment) -> dict[str, Any]:
    """An experiment as JSON values."""
    return json.loads(json.dumps(unstructure(experiment)))


def config_digest(config: dict[str, Any]) -> str:
    """The hash of an experiment in JSON values."""
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def check_same(saved: dict[str, Any], experiment: Experiment, folder: Path) -> None:
    """Compare the settings of a checkpoint with the present ones.

    Paths of the data may differ, because data may move; what lies there is compared by its fingerprint.

    Args:
        saved: the experiment that was saved, in JSON values.
        experiment: the present one.
        folder: the run's folder, for the message.

    Raises:
        UserError: with the differences.
    """
    changes = changed_settings(saved, experiment, FREE)
    if changes:
        raise UserError(
            f"the run in {folder} was begun with other settings, so it cannot go on with these:\n  {listed(changes)}",
            f"give the former values; or choose another RUN_NAME, with --trainer.load_path={folder} for these weights",
        )


def changed_settings(saved: dict[str, Any], experiment: Experiment, free: tuple[str, ...]) -> list[str]:
    """The settings that differ, one line each; paths of the data are not compared.

    Args:
        saved: the experiment that was saved, in JSON values.
        experiment: the present one.
        free: settings, or what holds them, that may differ.
    """
    free = (*free, *_fields_of(experiment, "dataset", Path | None), *_fields_of(experiment, "data_loader", Path))
    before, now = _compared(saved, free), _compared(plain(experiment), free)
    return [
        f"{path}: {_shown(before, path)} -> {_shown(now, path)}"
        for path in dict.fromkeys((*before, *now))
        if before.get(path, ...) != now.get(path, ...) and not (path not in before and _is_default(experiment, path))
    ]


def listed(changes: Sequence[str]) -> str:
    """The first few lines, for a message."""
    more = [f"and {len(changes) - _SHOWN} more"] if len(changes) > _SHOWN else []
    return "\n  ".join([*changes[:_SHOWN], *more])


def check_same_data(saved: dict[str, str], present: dict[str, str], folder: Path) -> None:
    """Compare the fingerprints of the data. A sample that could not be read tells nothing: it may have been mended.

    Files that differ are only said: the same samples may be stored otherwise, or have been mended.

    Raises:
        UserError: naming what differs.
    """
    changed = [
        name
        for name in saved
        if name in present
        and saved[name] != present[name]
        and UNREADABLE not in (saved[name], present[name])
        and not name.startswith(AS_STORED)
    ]
    if changed:
        lines = listed([f"{name}: {saved[name]} -> {present[name]}" for name in changed])
        raise UserError(
            f"the run in {folder} was begun with other data, so it cannot go on with these:\n  {lines}",
            "give the data set that it was begun with, or choose another RUN_NAME",
        )
    files = [name for name in saved if name.startswith(AS_STORED) and saved[name] != present.get(name)]
    if files:
        log.warning(
            "files of the data set have other bytes than when the run in %s began (%s%s), though the samples that were "
            "compared are the same: right if they were mended or converted again, and wrong for other data",
            folder,
            files[0].removeprefix(AS_STORED),
            f" and {len(files) - 1} more such ranges" if len(files) > 1 else "",
        )


def _is_default(experiment: Experiment, path: str) -> bool:
    """Whether a setting has its default: settings that runs of earlier releases did not know did what it does."""
    *above, name = path.split(".")
    # What became a slot held before what it holds by default.
    is_entry = name == "type" and bool(above)
    if is_entry:
        *above, name = above
    holder: Any = experiment
    for part in above:
        holder = holder.get(part) if isinstance(holder, dict) else getattr(holder, part, None)
    field = attrs.fields_dict(type(holder)).get(name) if attrs.has(type(holder)) else None
    if field is None:
        return False
    value = getattr(holder, name)
    return type(value) is type(default_of(field)) if is_entry else bool(value == field.default)


def _fields_of(experiment: Experiment, part: str, types: Any) -> list[str]:
    config: Any = getattr(experiment, part, None)
    if not attrs.has(type(config)):
        return []
    names = [field.name for field in attrs.fields(type(config))]
    return [f"{part}.{name}" for name in names if isinstance(getattr(config, name), types)]


def _compared(config: dict[str, Any], free: tuple[str, ...]) -> dict[str, Any]:
    paths = {".".join(path): value for path, value in leaves(config)}
    return {path: value for path, value in paths.items() if not any(f"{path}.".startswith(f"{one}.") for one in free)}


def _shown(values: dict[str, Any], path: str) -> str:
    return json.dumps(values[path]) if path in values else "(unset)"

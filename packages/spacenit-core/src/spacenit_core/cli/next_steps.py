"""What to type after `plugins new`, in the environment that it runs in."""

from pathlib import Path

from spacenit_core.environment import has_module, installing, program
from spacenit_core.plugins.registry import registry, singular

_TRAIN = "train nano my_run local --dataset.h5py_dir=DIR"

_USES = {
    "benchmarks": "evaluate RUN --benchmark {entry}",
    "commands": "{entry} --help",
    # It has no folder of samples; the patch is for sets as small as the template's.
    "datasets": "train nano+small_set my_run local --plugin dataset={entry}",
    "embedders": "evaluate RUN --labels labels.tif --embedder {entry}",
    "exporters": "export RUN --plugin exporter={entry}",
    "launchers": "train nano my_run {entry} --dataset.h5py_dir=DIR",
    # A recipe has more than one slot for losses; this is the one for losses of tokens.
    "kinds": "plugins list {entry}",
    "losses": f"{_TRAIN} --plugin train_module.loss={{entry}}",
    "patches": "train nano+{entry} my_run local --dataset.h5py_dir=DIR",
    "protocols": "evaluate RUN --labels labels.tif --protocol {entry}",
    "recipes": "train {entry} my_run local --dataset.h5py_dir=DIR",
    "strategies": f"{_TRAIN} --nproc_per_node=2 --plugin trainer.strategy={{entry}}",
    "sensors": f"{_TRAIN} --sensors=[{{entry}}]",
}
"""How an entry of a kind is used; of all other kinds by `--plugin KIND=NAME`."""

_USES_OF_ENTRIES = {("benchmarks", "labelled_rasters"): "evaluate RUN --labels labels.tif"}
"""Entries whose kind's line would lack what they need."""


def usage(kind: str, entry: str) -> str:
    """The command line, behind the program's name, that uses an entry."""
    stated = registry(kind).use
    if stated:
        return stated.format(entry=entry)
    if (kind, entry) in _USES_OF_ENTRIES:
        return _USES_OF_ENTRIES[kind, entry]
    return _USES.get(kind, f"{_TRAIN} --plugin {singular(kind)}={{entry}}").format(entry=entry)


def next_steps(folder: Path, kind: str, entry: str) -> list[tuple[str, str]]:
    """What comes after a package was written: what it is for, and the command for it."""
    test = f"{program('pytest')} {folder}"
    if not has_module("pytest"):
        test = f"{installing()} pytest && {test}"
    return [
        ("install it", f"{installing()} -e {folder}"),
        ("test it", test),
        ("look at it", f"{program('spacenit-run')} plugins info {kind} {entry}"),
        ("use it", f"{program('spacenit-run')} {usage(kind, entry)}"),
    ]

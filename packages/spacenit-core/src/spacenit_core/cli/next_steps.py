"""What to type after `plugins new`, in the environment that it runs in."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from spacenit_core.plugins.registry import singular

_TRAIN = "train nano my_run local --dataset.h5py_dir=DIR"

_USES = {
    "baselines": "evaluate RUN --labels labels.tif --baseline {entry}",
    "commands": "{entry} --help",
    "exporters": "export RUN --plugin exporter={entry}",
    "launchers": "train nano my_run {entry} --dataset.h5py_dir=DIR",
    # A recipe has more than one slot for losses; this is the one for losses of tokens.
    "losses": f"{_TRAIN} --plugin train_module.loss={{entry}}",
    "patches": "train nano+{entry} my_run local --dataset.h5py_dir=DIR",
    "probes": "evaluate RUN --labels labels.tif --probe {entry}",
    "recipes": "train {entry} my_run local --dataset.h5py_dir=DIR",
    "sensors": f"{_TRAIN} --sensors=[{{entry}}]",
}
"""How an entry of a kind is used; of all other kinds by `--plugin KIND=NAME`."""


def usage(kind: str, entry: str) -> str:
    """The command line, behind the program's name, that uses an entry."""
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


def installing() -> str:
    """The beginning of a command that installs into this environment: `pip install`, unless that means another one."""
    if has_module("pip"):
        return "pip install" if _is_on_path("pip") else f"{sys.executable} -m pip install"
    return "uv pip install" if _is_found_by_uv() else f"uv pip install --python {sys.executable}"


def program(name: str) -> str:
    """How a program of this environment is called: by its name, unless that means another one or nothing."""
    if _is_on_path(name):
        return name
    return f"uv run --no-sync {name}" if _is_found_by_uv() else str(Path(sys.executable).parent / name)


def has_module(name: str) -> bool:
    """Whether a module is installed in this environment."""
    return importlib.util.find_spec(name) is not None


def _is_on_path(name: str) -> bool:
    found = shutil.which(name)
    return found is not None and Path(found).parent == Path(sys.executable).parent


def _is_found_by_uv() -> bool:
    """Whether uv takes this environment without being told: the active one, or the nearest `.venv`."""
    here, active = Path.cwd(), os.environ.get("VIRTUAL_ENV")
    nearest = next((folder / ".venv" for folder in (here, *here.parents) if (folder / ".venv").is_dir()), None)
    wanted = Path(active) if active else nearest
    return wanted is not None and wanted.resolve() == Path(sys.prefix).resolve()

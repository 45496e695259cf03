"""The folder of a run: one process at a time, and files that say what ran where."""

import errno
import fcntl
import json
import os
import platform
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spacenit_core.checkpoint.discovery import LOCK
from spacenit_core.checkpoint.files import replace_file
from spacenit_core.config.yaml_io import dump_yaml
from spacenit_core.errors import DataError, UserError
from spacenit_core.plugins.discovery import declared_kinds, entries, version_of
from spacenit_core.plugins.hooks import hooks
from spacenit_train.experiment import Experiment

CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"

OTHER_FOLDER = "choose another folder with --trainer.save_folder, or mend its permissions"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold it, so that no second process writes into it. A killed process holds nothing.

    A folder that was made and stayed empty is removed.

    Raises:
        UserError: where another process holds it, or it cannot be made.
        DataError: where it cannot be locked.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        _remove_empty(made)
        raise UserError(f"the run's folder {folder} cannot be written: {error.strerror}", OTHER_FOLDER) from error
    try:
        # A record lock belongs to this process: loader workers do not inherit it and so cannot hold it after a kill.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(descriptor, 200).decode(errors="replace").strip()
        os.close(descriptor)
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise DataError(f"{folder / LOCK} cannot be locked: {error.strerror}", OTHER_FOLDER) from error
        raise UserError(
            f"another process is training in {folder} ({owner or 'unknown'})", "wait for it, or choose another RUN_NAME"
        ) from None
    try:
        with writing(folder):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        if made and [path.name for path in folder.iterdir()] == [LOCK]:
            (folder / LOCK).unlink()
            _remove_empty(made)
        os.close(descriptor)


def _remove_empty(folders: Sequence[Path]) -> None:
    for path in folders:
        with suppress(OSError):
            path.rmdir()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """While a run's folder, or a file in it, is written: what the system refuses becomes a `DataError`."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{error.filename or path} cannot be written: {error.strerror or error}",
            "make room, or mend the permissions, and give the command again: it goes on from the last checkpoint",
        ) from error


def versions() -> dict[str, str]:
    """Distribution -> version of everything that can have had a part in a run."""
    plugins = {entry.distribution: entry.version for kind in declared_kinds() for entry in entries(kind)}
    others = {name: version_of(name) for name in ("torch", "numpy", "safetensors")}
    return {"python": platform.python_version(), **dict(sorted(plugins.items())), **others}


def describe(folder: Path, experiment: Experiment, header: Sequence[str], device: torch.device, processes: int) -> None:
    """Write `config.yaml` and `environment.json`.

    Args:
        folder: the run's folder.
        experiment: what runs.
        header: lines about where the configuration comes from, kept as comments.
        device: where it computes.
        processes: how many ranks there are.

    Raises:
        DataError: where they cannot be written.
    """
    comments = [*header, *(f"{name} {number}" for name, number in versions().items())]
    text = "".join(f"# {line}\n" for line in comments) + dump_yaml(experiment)
    environment = _environment(device, processes)
    with writing(folder):
        replace_file(folder / CONFIG, text.encode())
        replace_file(folder / ENVIRONMENT, json.dumps(environment, indent=1).encode() + b"\n")


def _environment(device: torch.device, processes: int) -> dict[str, Any]:
    extra: dict[str, str] = {}
    for rows in hooks().hook.spacenit_environment():
        extra.update(rows)
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "host": socket.gethostname(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "threads": torch.get_num_threads(),
        "byte_order": sys.byteorder,
        "cpu_kernels": torch.backends.cpu.get_cpu_capability(),
        "numpy_simd": np.show_config(mode="dicts")["SIMD Extensions"]["found"],
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "cuda": torch.version.cuda if device.type == "cuda" else None,
        "processes": processes,
        **extra,
    }

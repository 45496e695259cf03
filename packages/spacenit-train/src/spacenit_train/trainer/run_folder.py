"""The folder of a run: one process at a time, and files that say what ran where."""

import errno
import fcntl
import json
import os
import platform
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.config.yaml_io import dump_yaml
from spacenit_core.errors import DataError, UserError
from spacenit_core.plugins.discovery import declared_kinds, entries
from spacenit_core.plugins.hooks import hooks

LOCK = ".lock"
CONFIG = "config.yaml"
ENVIRONMENT = "environment.json"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder and hold it, so that no second process writes into it. A killed process holds nothing.

    Raises:
        UserError: where another process holds it.
        DataError: where it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise DataError(f"the run's folder {folder} cannot be written: {error.strerror}") from error
    try:
        # A record lock belongs to this process: loader workers do not inherit it and so cannot hold it after a kill.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        owner = os.read(descriptor, 200).decode(errors="replace").strip()
        os.close(descriptor)
        if error.errno not in (errno.EACCES, errno.EAGAIN):
            raise DataError(f"{folder / LOCK} cannot be locked: {error.strerror}") from error
        raise UserError(
            f"another process is training in {folder} ({owner or 'unknown'})", "wait for it, or choose another RUN_NAME"
        ) from None
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def versions() -> dict[str, str]:
    """Distribution -> version of everything that can have had a part in a run."""
    plugins = {entry.distribution: entry.version for kind in declared_kinds() for entry in entries(kind)}
    others = {name: version(name) for name in ("torch", "numpy", "safetensors")}
    return {"python": platform.python_version(), **dict(sorted(plugins.items())), **others}


def describe(folder: Path, experiment: Any, header: Sequence[str], device: torch.device, processes: int) -> None:
    """Write `config.yaml` and `environment.json`.

    Args:
        folder: the run's folder.
        experiment: what runs.
        header: lines about where the configuration comes from, kept as comments.
        device: where it computes.
        processes: how many ranks there are.
    """
    comments = [*header, *(f"{name} {number}" for name, number in versions().items())]
    text = "".join(f"# {line}\n" for line in comments) + dump_yaml(experiment)
    replace_file(folder / CONFIG, text.encode())
    environment = _environment(device, processes)
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

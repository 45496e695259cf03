"""The environment that this process runs in: what it has, and how one installs into it or calls its programs."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path


def install_line(requirement: str) -> str:
    """The command that installs something into this environment, which need not have pip."""
    return f"{installing()} {repr(requirement) if '[' in requirement else requirement}"


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

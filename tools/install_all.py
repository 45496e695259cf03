"""A build backend for the root of the workspace: `pip install -e .` there installs all packages, from their folders.

pip knows nothing of workspaces: the root would ask an index for `spacenit-core`. Here its requirements become paths.
The packages are installed as copies; `uv sync` installs them so that changes act at once.
"""

import base64
import hashlib
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

Settings = dict[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """Nothing is needed to build it."""
    return []


get_requires_for_build_editable = get_requires_for_build_wheel


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings = None) -> str:
    """Write the metadata's folder; its name."""
    name = _dist_info()
    folder = Path(metadata_directory) / name
    folder.mkdir()
    for file, text in _files().items():
        (folder / file).write_text(text, encoding="utf-8")
    return name


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    """Write a wheel that holds requirements alone; its name."""
    name = _dist_info().replace(".dist-info", "-py3-none-any.whl")
    record = ""
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for file, text in _files().items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{_dist_info()}/{file},sha256={digest},{len(text.encode())}\n"
            wheel.writestr(f"{_dist_info()}/{file}", text)
        wheel.writestr(f"{_dist_info()}/RECORD", f"{record}{_dist_info()}/RECORD,,\n")
    return name


build_editable = build_wheel


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    """The root is no package of its own, so it has no source distribution."""
    raise RuntimeError("build the packages instead: uv build --all-packages")


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project


def _dist_info() -> str:
    project = _project()
    return f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"


def _files() -> dict[str, str]:
    return {
        "METADATA": _metadata(),
        "WHEEL": "Wheel-Version: 1.0\nGenerator: spacenit\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }


def _metadata() -> str:
    project = _project()
    lines = ["Metadata-Version: 2.3", f"Name: {project['name']}", f"Version: {project['version']}"]
    lines += [f"Summary: {project['description']}", f"Requires-Python: {project['requires-python']}"]
    lines += [f"Requires-Dist: {_located(requirement)}" for requirement in project["dependencies"]]
    for extra, requirements in project["optional-dependencies"].items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f"Requires-Dist: {_located(requirement)} ; extra == '{extra}'" for requirement in requirements]
    return "\n".join(lines) + "\n"


def _located(requirement: str) -> str:
    """A requirement of a package of the workspace with the package's folder."""
    name = requirement.partition("[")[0]
    folder = next((path for path in (ROOT / "packages" / name, ROOT / "plugins" / name) if path.is_dir()), None)
    return requirement if folder is None else f"{requirement} @ {folder.as_uri()}"

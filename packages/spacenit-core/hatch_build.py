"""Writes `known.json`, the table of our packages' entries, whenever this package is built inside the workspace.

`uv run python packages/spacenit-core/hatch_build.py` does it by hand; a test of the workspace holds it up to date.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TABLE = HERE / "src" / "spacenit_core" / "plugins" / "known.json"
GROUP_PREFIX = "spacenit."


def table(workspace: Path) -> str:
    """What the members of a workspace declare, as JSON: kind -> name -> distribution, and who is released together."""
    entries: dict[str, dict[str, str]] = {}
    family = []
    for path in sorted([*workspace.glob("packages/*/pyproject.toml"), *workspace.glob("plugins/*/pyproject.toml")]):
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        if path.parents[1].name == "packages":
            family.append(project["name"])
        for group, names in project.get("entry-points", {}).items():
            if group.startswith(GROUP_PREFIX):
                entries.setdefault(group.removeprefix(GROUP_PREFIX), {}).update(dict.fromkeys(names, project["name"]))
    return json.dumps({"entries": entries, "family": family}, indent=1, sort_keys=True) + "\n"


def renew() -> None:
    """Write the table, where there is a workspace to make it from; what was there stays elsewhere, as in an sdist."""
    workspace = HERE.parents[1]
    if (workspace / "packages").is_dir() and (workspace / "plugins").is_dir():
        text = table(workspace)
        if not TABLE.exists() or TABLE.read_text(encoding="utf-8") != text:
            TABLE.write_text(text, encoding="utf-8")


def get_build_hook() -> Any:
    """The hook that hatchling asks for."""
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class KnownEntries(BuildHookInterface[Any]):
        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            renew()

    return KnownEntries


if __name__ == "__main__":
    renew()

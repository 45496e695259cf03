"""Plugins for tests: real distributions in a folder on the path, as an installer would leave them."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spacenit_core.plugins import discovery

InstallPlugin = Callable[..., Path]


@pytest.fixture
def install_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InstallPlugin]:
    """Put a distribution on the path of this process and of those that it starts.

    Call it with the distribution's name, its entry points as {kind: {name: value}}, and its modules as {name: source}.
    """
    folder = tmp_path / "site"
    folder.mkdir()
    inherited = os.environ.get("PYTHONPATH")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *([inherited] if inherited else [])]))
    monkeypatch.syspath_prepend(folder)
    modules: list[str] = []

    def install(
        name: str,
        entry_points: dict[str, dict[str, str]],
        sources: dict[str, str],
        version: str = "1.0",
        requires: str = "spacenit-core>=0.1,<0.2",
    ) -> Path:
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            + (f"Requires-Dist: {requires}\n" if requires else "")
        )
        groups = [
            f"[spacenit.{kind}]\n" + "".join(f"{entry} = {value}\n" for entry, value in entries.items())
            for kind, entries in entry_points.items()
        ]
        (info / "entry_points.txt").write_text("\n".join(groups))
        for module, source in sources.items():
            (folder / f"{module}.py").write_text(source)
            modules.append(module)
        discovery.refresh()
        return folder

    yield install
    monkeypatch.undo()
    for module in modules:
        sys.modules.pop(module, None)
    discovery.refresh()

"""Plugins for tests: distributions in a folder on the path, as an installer would leave them; one holds configs."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spacenit_core.config import Resolved, resolve
from spacenit_core.config.aliases import Fixed, SettingAliases
from spacenit_core.errors import UserError
from spacenit_core.plugins import discovery

InstallPlugin = Callable[..., Path]

PLUGIN = Path(__file__).parent / "data" / "acme_config.py"
ENTRIES = {
    "masking": {"dots": "acme_config:Dots", "rings": "acme_config:Rings", "nested": "acme_config:Nested"},
    "losses": {"contrast": "acme_config:Contrast"},
    "optimizers": {"adam": "acme_config:Adam"},
    "callbacks": {"logger": "acme_config:Logger", "bell": "acme_config:Bell"},
}

ALIASES = SettingAliases(
    rewrites=(
        ("masking_config.strategy_config", "masking"),
        ("optim_config", "optim"),
        ("common.names", "sensors"),
        ("dataset.names", "sensors"),
        ("interval", "callbacks.bell.enabled"),
    ),
    expansions={f"size.{name}_only": {"size.width": None, "size.height": Fixed(1)} for name in ("row", "line")},
    closed={"common": ("names", "gone")},
    follows={"optim.rate": "rate"},
    constant={"common.gone": None},
)


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


@pytest.fixture
def world(install_plugin) -> type:
    """The class of data/acme_config.py that holds a slot of every sort; its plugin is installed."""
    install_plugin("acme-config", ENTRIES, {"acme_config": PLUGIN.read_text()})
    __import__("acme_config")
    return sys.modules["acme_config"].World


@pytest.fixture
def lay(world):
    """Lays overrides and other layers upon a `world` of defaults."""

    def call(*overrides: str, **layers: Any) -> Resolved:
        return resolve(world(), overrides=overrides, aliases=ALIASES, source="recipe plain", **layers)

    return call


@pytest.fixture
def refused(lay):
    """Lays what cannot be laid, and gives the message."""

    def call(*overrides: str, **layers: Any) -> str:
        with pytest.raises(UserError) as caught:
            lay(*overrides, **layers)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return call

"""What is known of the installed benchmarks without importing them.

`index.json` is made from the code by `uv run python docs/make_benchmarks.py`; benchmarks of others are imported.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

from spacenit_core.plugins import discovery
from spacenit_core.plugins.known import KNOWN

INDEX = Path(__file__).with_name("index.json")


@frozen(kw_only=True)
class Listed:
    """A benchmark in a list.

    Attributes:
        name: its name.
        summary: what it holds, in one line.
        predicts: the task.
        variable: the environment variable that names its data; empty where a setting does.
        source: who has the data.
        licence: of the data.
        superseded_by: what should be used in its place; empty where nothing should.
        places: patterns below the data's folder, one of which is there where the data are.
        refused: why it cannot be evaluated on; empty where it can.
    """

    name: str
    summary: str
    predicts: str
    variable: str = ""
    source: str = ""
    licence: str = ""
    superseded_by: str = ""
    places: tuple[str, ...] = ()
    refused: str = ""


def installed() -> Iterator[Listed]:
    """All benchmarks by name."""
    known: dict[str, dict[str, Any]] = json.loads(INDEX.read_text(encoding="utf-8"))
    for entry in discovery.entries("benchmarks"):
        if is_ours(entry) and entry.name in known:
            yield Listed(name=entry.name, **known[entry.name])
        else:
            yield described(entry.name)


def is_ours(entry: discovery.Entry) -> bool:
    """Whether an entry belongs to a package that is released with this one."""
    return KNOWN["benchmarks"].get(entry.name) == entry.distribution


def described(name: str) -> Listed:
    """One of them, from its class.

    Raises:
        UserError: where there is none of that name.
        PluginError: where it cannot be imported.
    """
    import inspect

    from spacenit_core.kinds.benchmarks import BENCHMARKS

    config = BENCHMARKS.get(name)
    stated = config.predicts
    return Listed(
        name=name,
        summary=(inspect.getdoc(config) or "").partition("\n")[0],
        predicts=stated if isinstance(stated, str) else "",
        variable=config.variable,
        source=config.source,
        licence=config.licence,
        superseded_by=config.superseded_by,
        places=config.places,
        refused=config.refused,
    )

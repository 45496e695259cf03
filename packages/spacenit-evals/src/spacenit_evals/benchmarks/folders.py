"""Where benchmarks lie: a setting, else an environment variable."""

import os
import re
from pathlib import Path

from spacenit_core.errors import UserError

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE)
"""Of what is not on this machine; a `Path` makes one slash of two, and letters of drives are shorter."""

_CALLBACK = "--trainer.callbacks.downstream_evaluator"


def folder_of(stated: Path | None, variable: str, name: str, source: str) -> Path:
    """The folder of a benchmark's data.

    Args:
        stated: the setting.
        variable: the environment variable that stands for it.
        name: the benchmark's.
        source: where to get the data.

    Raises:
        UserError: where nothing is stated, nothing is there, or the folder is on another machine.
    """
    text = str(stated) if stated is not None else os.environ.get(variable, "").strip()
    if not text:
        raise UserError(f"the data of {name} are nowhere stated", f"set {variable} to their folder; {source} has them")
    address = _ADDRESS.fullmatch(text)
    if address is not None:
        raise UserError(
            f"{address[1]}://{address[2]} is not on this machine",
            f"copy it here, or mount it, and set {variable} to that folder; in a training run, choose other tasks "
            f"({_CALLBACK}.tasks_to_run=[...]) or none ({_CALLBACK}.enabled=False)",
        )
    place = Path(text).expanduser()
    if not place.is_dir():
        raise UserError(f"{place} is no folder ({variable})", f"{source} has the data of {name}")
    return place

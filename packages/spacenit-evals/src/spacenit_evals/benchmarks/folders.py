"""Where benchmarks lie: a setting, else an environment variable."""

import os
from pathlib import Path

from spacenit_core.errors import UserError


def folder_of(stated: Path | None, variable: str, name: str, source: str) -> Path:
    """The folder of a benchmark's data.

    Args:
        stated: the setting.
        variable: the environment variable that stands for it.
        name: the benchmark's.
        source: where to get the data.

    Raises:
        UserError: where nothing is stated, or nothing is there.
    """
    place = stated or (Path(os.environ[variable]) if os.environ.get(variable) else None)
    if place is None:
        raise UserError(f"the data of {name} are nowhere stated", f"set {variable} to their folder; {source} has them")
    if str(place).startswith(("gs:/", "s3:/")):
        raise UserError(f"{place} is not on this machine", f"copy it here and set {variable} to the copy, or mount it")
    place = place.expanduser()
    if not place.is_dir():
        raise UserError(f"{place} is no folder ({variable})", f"{source} has the data of {name}")
    return place

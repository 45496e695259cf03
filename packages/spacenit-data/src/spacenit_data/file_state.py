"""Whether files and sensors are still those that a set was made from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from attrs import evolve

from spacenit_core.sensors.spec import SensorSpec

SIDECARS = (".msk", ".aux.xml")
"""What readers look for beside a raster: its mask, and what is missing in it."""


ABSENT = "absent"
"""The state of a file that is not there, or out of reach."""


def state_of(path: Path) -> str:
    """The size and times of a file, as text that a file's name may hold, or `ABSENT`.

    The time of the last change of any kind tells files that were written again from those that they replaced where
    their time of writing was set back.
    """
    try:
        stat = path.stat()
    except OSError:
        return ABSENT
    return f"{stat.st_size:x}-{stat.st_mtime_ns:x}-{stat.st_ctime_ns:x}"


def digest_of_states(paths: Iterable[Path]) -> str:
    """A short hash of the states of files, in this order."""
    return hashlib.sha256(" ".join(map(state_of, paths)).encode()).hexdigest()[:16]


def with_sidecars(path: Path) -> tuple[Path, ...]:
    """A raster and the files that may lie beside it."""
    return (path, *(path.with_name(path.name + ending) for ending in SIDECARS))


def meaning_of(spec: SensorSpec) -> str:
    """What samples of a sensor depend on, as text: all of its declaration but what only reading and drawing use."""
    return repr(evolve(spec, summary="", units="", normalization=None, regrouped=None, rgb=None, order=0))

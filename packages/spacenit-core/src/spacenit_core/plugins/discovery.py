"""What is installed: entry points in the groups `spacenit.<kind>`, read once and never loaded here.

Only `importlib.metadata` is imported, so that listing costs next to nothing and no plugin can break it.
"""

import importlib
import re
from functools import cache, cached_property
from importlib.metadata import Distribution, EntryPoint, entry_points, version
from typing import Any

from spacenit_core.plugins.renamed_kinds import RENAMED_KINDS

GROUP_PREFIX = "spacenit."

UNKNOWN = "unknown"
"""The name and the version of a distribution that does not say them."""


class Entry:
    """One declared entry; nothing of it is imported before :meth:`load`.

    Attributes:
        kind: what it is an entry of, e.g. "masking".
        name: its name as declared.
        value: where it is, "module:attribute".
    """

    def __init__(self, kind: str, entry_point: EntryPoint) -> None:
        self.kind = kind
        self.name = entry_point.name
        self.value = re.sub(r"\s+", "", entry_point.value)
        self._entry_point = entry_point

    @property
    def group(self) -> str:
        """The entry point group that declares it: "spacenit.<kind>", or what the kind was called before."""
        return self._entry_point.group

    @cached_property
    def distribution(self) -> str:
        """The installed distribution that declares it (reads that distribution's metadata)."""
        return normalized(_metadata(self._entry_point.dist, "Name"))

    @cached_property
    def version(self) -> str:
        """The version of that distribution."""
        return _metadata(self._entry_point.dist, "Version")

    @cached_property
    def requires(self) -> tuple[str, ...]:
        """What that distribution requires, as it says it; nothing where its metadata are gone."""
        try:
            return tuple((self._entry_point.dist.requires if self._entry_point.dist else None) or ())
        except Exception:
            return ()

    @property
    def is_half_removed(self) -> bool:
        """Whether the distribution's metadata are gone, while its entry points are still there."""
        return UNKNOWN in (self.distribution, self.version)

    @property
    def metadata_folder(self) -> str:
        """The folder of the distribution's metadata; empty where that is not known."""
        return str(getattr(self._entry_point.dist, "_path", ""))

    @property
    def qualified(self) -> str:
        """The name that no other distribution can have: "distribution/name"."""
        return f"{self.distribution}/{self.name}"

    @cached_property
    def loaded(self) -> Any:
        """The object it declares, imported at first use; whatever the import raises passes through."""
        return self._entry_point.load()

    @property
    def is_loaded(self) -> bool:
        """Whether :attr:`loaded` was used before."""
        return "loaded" in self.__dict__

    def __repr__(self) -> str:
        return f"Entry({self.kind}: {self.name} = {self.value})"


@cache
def _by_kind() -> dict[str, list[Entry]]:
    installed = entry_points()
    groups = [group for group in installed.groups if group.startswith(GROUP_PREFIX)]
    declared = {group.removeprefix(GROUP_PREFIX): installed.select(group=group) for group in groups}
    found = {kind: [Entry(kind, point) for point in points] for kind, points in declared.items()}
    for old in RENAMED_KINDS.keys() & declared.keys():
        _move(found, old, [Entry(RENAMED_KINDS[old], point) for point in declared[old]])
    return found


def _move(found: dict[str, list[Entry]], old: str, entries: list[Entry]) -> None:
    """Put entries of a group with an old name beside those of the kind.

    A distribution that works with two releases declares an entry in both groups: it is one entry.
    """
    del found[old]
    for entry in entries:
        present = found.setdefault(entry.kind, [])
        if entry.qualified not in {other.qualified for other in present if other.name == entry.name}:
            present.append(entry)


def entries(kind: str) -> list[Entry]:
    """All declared entries of a kind, sorted by name. Imports nothing."""
    return sorted(_by_kind().get(kind, []), key=lambda entry: (entry.name, entry.value))


def declared_kinds() -> list[str]:
    """The kinds that at least one installed distribution declares an entry of, sorted."""
    return sorted(_by_kind())


def refresh() -> None:
    """Forget what is installed, so that the next look-up sees what was installed meanwhile (in a notebook, say)."""
    importlib.invalidate_caches()
    _by_kind.cache_clear()


def normalized(distribution: str) -> str:
    """A distribution's name in its one normal spelling: "Foo.Bar_baz" is "foo-bar-baz"."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _metadata(dist: Distribution | None, key: str) -> str:
    try:
        found = None if dist is None else dist.metadata[key]
    except Exception:
        # An installation that was removed by half keeps entry points without metadata, and Python versions differ in
        # what they raise then.
        found = None
    return found or UNKNOWN


def version_of(distribution: str) -> str:
    """The version of any installed distribution; "unknown" where it does not say."""
    try:
        return version(distribution) or UNKNOWN
    except Exception:
        # See above; what was removed by half may still be imported.
        return UNKNOWN

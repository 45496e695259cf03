"""The common ground of all entry configs."""

from typing import Any, ClassVar, Self

import attrs


class EntryConfig:
    """Base of the bases: the settings of one entry, from which `build` makes a component.

    Subclasses are `attrs.frozen(kw_only=True)` classes. It has no fields itself, so that a slot typed with a base keeps
    every field of the entry it holds. `type` is reserved: in files and on the command line it names the entry.
    """

    __slots__ = ()

    deprecated: ClassVar[str] = ""
    """Of a base that is to go: what to inherit in its place."""

    def inactive(self) -> dict[str, str]:
        """Settings that others of this config switch off, each with what does so, as it is typed ("weight=0").

        Where a patch or the command line asks for one of them, with another value than the default's or the recipe's,
        it is refused: it would change nothing. Config classes that are no entries may have this method too.
        """
        return {}

    @classmethod
    def for_trial(cls) -> Self:
        """What `plugins doctor --deep` tries: the defaults, or what works without the files that these need."""
        return cls()

    def never_reached(self, steps: int) -> dict[str, str]:
        """Settings that come too late in a run of so many steps, each with what follows ("it is never used").

        Where one has another value than the default, this is told before the run begins. Config classes that are no
        entries may have this method too.
        """
        return {}


def all_but(config: Any, switch: str, value: str) -> dict[str, str]:
    """What `EntryConfig.inactive` returns where one setting switches all others off.

    Args:
        config: whose settings.
        switch: the name of the one that is read.
        value: what it is, as it is typed.
    """
    return {name: f"{switch}={value}" for name in attrs.fields_dict(type(config)) if name != switch}

"""Aliases of settings: one ordered table of rewrites, applied to flags and files alike."""

from typing import Any

from attrs import field, frozen

from spacenit_core.config.problems import Invalid
from spacenit_core.text import did_you_mean

Keys = tuple[str, ...]


ANY = "*"
"""The key of a rewritten path that stands for any name."""


@frozen
class Fixed:
    """A value that a rewrite adds beside the given one."""

    value: Any


def _keys(path: str) -> Keys:
    return tuple(path.split("."))


def _matches(pattern: Keys, path: Keys) -> bool:
    return len(pattern) == len(path) and all(wanted in (ANY, key) for wanted, key in zip(pattern, path, strict=True))


@frozen(kw_only=True)
class SettingAliases:
    """What else a setting may be called. All paths are dotted.

    Attributes:
        rewrites: (old, new) paths; the settings below move along. The longest old path wins. A key `*` of the old path
            stands for any one name, and for the same in the new one.
        expansions: old path -> the settings that it stands for, each with None for the given value or a `Fixed` one.
        closed: prefixes of which only some names exist, e.g. {"common": ("run_name",)}.
        follows: paths that are not set but follow from another one; restating the present value is accepted.
        constant: paths that nothing reads, with the one value that may be stated.
        foreign: settings that other toolkits have, with what to do instead; for what lies below them, too.
    """

    rewrites: tuple[tuple[str, str], ...] = ()
    expansions: dict[str, dict[str, Fixed | None]] = field(factory=dict)
    closed: dict[str, tuple[str, ...]] = field(factory=dict)
    follows: dict[str, str] = field(factory=dict)
    constant: dict[str, Any] = field(factory=dict)
    foreign: dict[str, str] = field(factory=dict)

    def canonical(self, path: Keys) -> Keys:
        """The path that this spelling stands for.

        Raises:
            Invalid: for a name that a closed prefix does not have.
        """
        if path and path[0] in self.closed and len(path) > 1:
            names = self.closed[path[0]]
            if path[1] not in names:
                question = did_you_mean(path[1], names) or f"it takes {', '.join(names)}"
                raise Invalid.because(f"unknown key {path[1]!r} in {path[0]}; {question}")
        for old, new in sorted(self.rewrites, key=lambda pair: -len(_keys(pair[0]))):
            if _matches(_keys(old), path[: len(_keys(old))]):
                any_name = next((key for pattern, key in zip(_keys(old), path, strict=False) if pattern == ANY), ANY)
                moved = [any_name if key == ANY else key for key in _keys(new)]
                return (*moved, *path[len(_keys(old)) :])
        return path

    def instead(self, path: str) -> str:
        """What to do in place of a dotted path that is not known here; empty where nothing is known of it."""
        keys = _keys(path.replace("-", "_"))
        above = (".".join(keys[:length]) for length in range(len(keys), 0, -1))
        return next((self.foreign[holder] for holder in above if holder in self.foreign), "")

    def expanded(self, path: Keys, value: Any) -> list[tuple[Keys, Any]]:
        """The settings, canonical, that this one stands for, each with its value."""
        path = self.canonical(path)
        targets = self.expansions.get(".".join(path))
        if targets is None:
            return [(path, value)]
        return [(_keys(target), value if fixed is None else fixed) for target, fixed in targets.items()]

    def is_fixed(self, path: Keys) -> bool:
        """Whether a path, or what holds it, is not set by anybody."""
        above = (".".join(path[:length]) for length in range(1, len(path) + 1))
        return any(holder in self.follows or holder in self.constant for holder in above)

    def is_prefix(self, path: Keys) -> bool:
        """Whether a mapping at this path only leads to settings that are called otherwise."""
        olds = [old for old, _ in self.rewrites] + [*self.expansions, *self.closed, *self.follows, *self.constant]
        return any(_matches(_keys(old)[: len(path)], path) and len(_keys(old)) > len(path) for old in olds) or (
            len(path) == 1 and path[0] in self.closed
        )

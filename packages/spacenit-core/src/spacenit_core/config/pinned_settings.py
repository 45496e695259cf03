"""Settings that outlive a change of the type that holds them."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from attrs import frozen

from spacenit_core.config.aliases import Keys
from spacenit_core.config.overrides import Override
from spacenit_core.config.tree import ConfigTree


@frozen
class _Setting:
    """Where a setting was, where it goes, its plain value, and who stated what in it (by the path from there on)."""

    old: Keys
    new: Keys
    value: Any
    sources: dict[Keys, Override]


@frozen
class PinnedSettings:
    """Values of a tree, to be put back after a layer that gives what holds them another type.

    Attributes:
        settings: the values.
        dropped: how many lines about dropped values there were.
    """

    settings: tuple[_Setting, ...]
    dropped: int

    @classmethod
    def of(cls, tree: ConfigTree, keeps: Mapping[str, str]) -> "PinnedSettings":
        """Remember values.

        Args:
            tree: what they are in.
            keeps: dotted path now -> dotted path later; what is not there is passed over.
        """
        settings = []
        for old, new in ((_keys(old), _keys(new)) for old, new in keeps.items()):
            if (value := tree.at(old)) is not None:
                sources = {key[len(old) :]: given for key, given in tree.sources.items() if key[: len(old)] == old}
                settings.append(_Setting(old, new, deepcopy(value), sources))
        return cls(tuple(settings), len(tree.dropped))

    def put_back(self, tree: ConfigTree) -> None:
        """Put the values where they go, and take back the lines that say they were dropped."""
        for setting in self.settings:
            holder = tree.at(setting.new[:-1])
            if isinstance(holder, dict):
                tree.forget(setting.new, "")
                holder[setting.new[-1]] = setting.value
                tree.sources.update({(*setting.new, *key): given for key, given in setting.sources.items()})
        starts = tuple(f"{'.'.join(setting.old)}{end}" for setting in self.settings for end in (".", "="))
        tree.dropped[self.dropped :] = [line for line in tree.dropped[self.dropped :] if not line.startswith(starts)]


def _keys(path: str) -> Keys:
    return tuple(path.split("."))

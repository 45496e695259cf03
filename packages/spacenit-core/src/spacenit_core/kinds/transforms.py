"""Kind `transforms`: augmentations, changes to the windows of a batch before they are masked."""

from typing import ClassVar, Protocol

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.rng import Draws
from spacenit_core.samples.normalized_windows import NormalizedWindows


class Transform(Protocol):
    """Changes windows in place; without state, and the same whatever the number of ranks and workers.

    It may change pixels and what is missing, never the layout; a token that it makes missing has pixels of 0, and
    one without pixels stays missing. Months count from 0. All views
    of a batch see the changed windows, and so do the targets. It runs in loader workers, to which it is pickled.
    """

    def __call__(self, windows: NormalizedWindows, draws: Draws) -> None:
        """Change some rows of a global batch.

        Args:
            windows: the rows at hand.
            draws: their random numbers; `draws.positions` tells their places in the global batch.
        """
        ...


class TransformConfig(EntryConfig):
    """Base of transform entries."""

    __slots__ = ()

    pairs: ClassVar[bool] = False
    """Whether rows 2i and 2i + 1 of the global batch have to be at hand together."""

    def build(self) -> Transform:
        """What is called with the windows of each batch."""
        raise NotImplementedError


TRANSFORMS: Registry[type[TransformConfig]] = Registry("transforms", TransformConfig)

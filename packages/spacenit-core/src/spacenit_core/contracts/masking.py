"""What a masking policy returns: see `spacenit_core.kinds.masking.MaskingPolicy`."""

from typing import Any

import numpy as np
from attrs import frozen

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING

CONTRACT = "a masking policy returns uint8 [B, N]: 0 encode, 1 target only, 2 predict, 3 missing"
SIDE = 4
"""Patches along one side of the window on which a policy is tried that seems to do nothing."""


def hold(component: Any, owner: Owner) -> "HeldMasking":
    """A policy whose masks are checked."""
    if not callable(component):
        owner.breaks("a masking policy is called with (layout, missing, draws)", f"built {shown_type(component)}")
    owner.takes(component, "layout, missing, draws")
    return HeldMasking(component, owner)


@frozen(eq=False)
class HeldMasking:
    """A policy and the check of its masks: of their form, and of whether they encode and predict anything.

    Attributes:
        policy: what `build` made.
        owner: whose it is.
    """

    policy: Any
    owner: Owner

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Hand a batch on, and hold the mask that comes back, uint8 ``[B, N]``.

        Raises:
            PluginError: for a mask that breaks the contract.
        """
        # What is missing is no policy's to change.
        given = missing.view()
        given.flags.writeable = False
        mask: np.ndarray = self.policy(layout, given, draws)
        check_mask(mask, missing, self.owner)
        if not (self.owner.official or _does_something(mask) or missing.all()):
            self._try_whole(layout, draws)
        return mask

    def _try_whole(self, layout: TokenLayout, draws: Draws) -> None:
        """Ask again for a window with room for both: of a single patch there may be nothing left to predict."""
        from spacenit_core.sensors.selection import SensorSet

        whole = TokenLayout.of(
            SensorSet(tuple(block.sensor for block in layout.blocks)),
            rows=SIDE,
            columns=SIDE,
            timesteps=max(layout.timesteps, SIDE),
            patch_size=layout.patch_size,
        )
        missing = np.zeros((len(draws), len(whole)), dtype=bool)
        mask = self.policy(whole, missing, draws.part("contract"))
        check_mask(mask, missing, self.owner)
        check_use(mask, self.owner)


def check_mask(mask: Any, missing: np.ndarray, owner: Owner) -> None:
    """Refuse a mask of another form, or with values that cannot be.

    Args:
        mask: what a policy returned.
        missing: bool ``[B, N]``, the tokens that are not there.
        owner: whose it is.

    Raises:
        PluginError: with what is wrong.
    """
    # Masked arrays and matrices are arrays, too, whose functions do other things.
    if type(mask) is not np.ndarray or mask.dtype != np.uint8 or mask.shape != missing.shape:
        owner.breaks(f"{CONTRACT}, here {list(missing.shape)}", f"returned {shown_type(mask)}")
    if mask.max(initial=0) > MISSING:
        owner.breaks(CONTRACT, f"returned the value {int(mask.max())}")
    seen = missing & (mask != MISSING)
    if seen.any():
        row, token = (int(index[0]) for index in np.nonzero(seen))
        found = (
            f"gave {int(seen.sum())} missing tokens another value (row {row}, token {token}: {int(mask[row, token])})"
        )
        owner.breaks("missing tokens are 3", found)


def check_use(mask: np.ndarray, owner: Owner) -> None:
    """Refuse a mask of whole windows under which nothing can be learned.

    Raises:
        PluginError: where nothing is encoded, or nothing is predicted.
    """
    for value, what in ((ENCODE, "encodes"), (DECODE, "predicts")):
        if not (mask == value).any():
            settings = "a masking policy encodes some tokens and predicts others (look at its settings)"
            owner.breaks(settings, f"{what} nothing")


def _does_something(mask: np.ndarray) -> bool:
    return bool((mask == ENCODE).any() and (mask == DECODE).any())

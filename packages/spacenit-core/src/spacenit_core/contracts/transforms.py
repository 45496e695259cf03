"""What a transform may do to windows: see `spacenit_core.kinds.transforms.Transform`."""

from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.windows import Windows

CONTRACT = "a transform changes windows in place: pixels (float32) and what is missing (bool), in the shapes they have"


def hold(component: Any, owner: Owner) -> "HeldTransform":
    """A transform whose windows are checked."""
    if not callable(component):
        owner.breaks("a transform is called with (windows, draws)", f"built {shown_type(component)}")
    owner.takes(component, "windows, draws")
    return HeldTransform(component, owner)


@define(eq=False)
class HeldTransform:
    """A transform and the check of what it leaves: the form in every batch, the pixels once.

    Attributes:
        transform: what `build` made.
        owner: whose it is.
    """

    transform: Any
    owner: Owner
    _is_known: bool = False

    def __call__(self, windows: Windows, draws: Draws) -> None:
        """See `spacenit_core.kinds.transforms.Transform`.

        Raises:
            PluginError: for windows that break the contract.
        """
        layout, form, missing = windows.layout, _form(windows), windows.missing.copy()
        returned = self.transform(windows, draws)
        if returned is not None:
            self.owner.breaks(CONTRACT, f"returned {shown_type(returned)}")
        if windows.layout is not layout:
            self.owner.breaks(CONTRACT, "changed the layout of the tokens")
        for name, (dtype, shape) in form.items():
            found = _form(windows).get(name)
            if found != (dtype, shape):
                left = "nothing" if found is None else f"{found[0]} {list(found[1])}"
                self.owner.breaks(CONTRACT, f"left {left} where {name} were {dtype} {list(shape)}")
        if not self._is_known:
            self._is_known = True
            self._check_pixels(windows, missing)

    def _check_pixels(self, windows: Windows, missing: np.ndarray) -> None:
        for name, pixels in windows.pixels.items():
            if not np.isfinite(pixels).all():
                self.owner.breaks("pixels stay finite", f"left infinite pixels or NaN of {name}")
            lost = windows.missing & ~missing
            if lost.any() and pixels_of_tokens(windows.layout, name, pixels, lost).any():
                self.owner.breaks(
                    "a token that it makes missing has pixels of 0", f"left pixels in lost tokens of {name}"
                )


def pixels_of_tokens(layout: TokenLayout, name: str, pixels: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """The pixels that some tokens of a sensor are made of, one after the other.

    Args:
        layout: the tokens.
        name: the sensor.
        pixels: the sensor's, as in `Windows.pixels`.
        tokens: bool ``[B, N]``.
    """
    block = layout[name]
    chosen = tokens[:, block.tokens].reshape(len(tokens), *block.shape)
    channels = [list(group) for group in block.sensor.group_channels]
    if not block.sensor.spatial:
        values = pixels.reshape(len(pixels), 1, 1, block.steps, pixels.shape[-1])
        parts = [values[..., group][chosen[..., k]] for k, group in enumerate(channels)]
        return np.concatenate([part.ravel() for part in parts])
    side = pixels.shape[1] // block.rows, pixels.shape[2] // block.columns
    patches = pixels.reshape(len(pixels), block.rows, side[0], block.columns, side[1], block.steps, -1)
    patches = patches.transpose(0, 1, 3, 5, 2, 4, 6)
    return np.concatenate([patches[..., group][chosen[..., k]].ravel() for k, group in enumerate(channels)])


def _form(windows: Windows) -> dict[str, tuple[str, tuple[int, ...]]]:
    arrays = {f"pixels of {name}": values for name, values in windows.pixels.items()}
    arrays |= {"missing tokens": windows.missing, "timestamps": windows.timestamps}
    return {
        name: (str(getattr(values, "dtype", type(values).__name__)), np.shape(values))
        for name, values in arrays.items()
    }

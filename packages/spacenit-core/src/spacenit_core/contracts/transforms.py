"""What a transform may do to windows: see `spacenit_core.kinds.transforms.Transform`."""

from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.normalized_windows import NormalizedWindows

CONTRACT = "a transform changes windows in place: pixels (float32) and what is missing (bool), in the shapes they have"


def hold(component: Any, owner: Owner) -> "HeldTransform":
    """A transform whose windows are checked."""
    if not callable(component):
        owner.breaks("a transform is called with (windows, draws)", f"built {shown_type(component)}")
    owner.takes(component, "windows, draws")
    return HeldTransform(component, owner)


@define(eq=False)
class HeldTransform:
    """A transform and the check of what it leaves: the form in every batch, pixels too where it is somebody else's.

    Attributes:
        transform: what `build` made.
        owner: whose it is.
    """

    transform: Any
    owner: Owner
    _is_known: bool = False

    def __call__(self, windows: NormalizedWindows, draws: Draws) -> None:
        """Hand windows on, and hold what became of them.

        Raises:
            PluginError: for windows that break the contract.
        """
        layout, form, missing = windows.layout, _form(windows), windows.missing.copy()
        returned = self.transform(windows, draws)
        if returned is not None:
            self.owner.breaks(CONTRACT, f"returned {shown_type(returned)}")
        if windows.layout is not layout:
            self.owner.breaks(CONTRACT, "changed the layout of the tokens")
        left = _form(windows)
        for name in {**form, **left}:
            if left.get(name) != form.get(name):
                was, found = form.get(name, "nothing"), left.get(name, "nothing")
                self.owner.breaks(CONTRACT, f"left {found} where {name} were {was}")
        if not ((windows.timestamps[..., 1] >= 0) & (windows.timestamps[..., 1] < 12)).all():
            self.owner.breaks("timestamps are day, month and year, months from 0 to 11", "left another month")
        if not (self._is_known and self.owner.official):
            self._is_known = True
            self._check_pixels(windows, missing)

    def _check_pixels(self, windows: NormalizedWindows, missing: np.ndarray) -> None:
        for name, pixels in windows.pixels.items():
            if not np.isfinite(pixels).all():
                self.owner.breaks("pixels stay finite", f"left infinite pixels or NaN of {name}")
            lost, found = windows.missing & ~missing, missing & ~windows.missing
            if lost.any() and pixels_of_tokens(windows.layout, name, pixels, lost).any():
                self.owner.breaks(
                    "a token that it makes missing has pixels of 0", f"left pixels in lost tokens of {name}"
                )
            if not windows.layout[name].sensor.categorical and _are_zeros(windows, name, found):
                self.owner.breaks("a token without pixels stays missing", f"took missing tokens of {name} for present")


def pixels_of_tokens(layout: TokenLayout, name: str, pixels: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """The pixels that some tokens of a sensor are made of, one after the other.

    Args:
        layout: the tokens.
        name: the sensor.
        pixels: the sensor's, as in `NormalizedWindows.pixels`.
        tokens: bool ``[B, N]``.
    """
    block = layout[name]
    chosen = tokens[:, block.tokens].reshape(len(tokens), *block.shape)
    channels = [list(group) for group in block.sensor.group_channels]
    if not block.sensor.spatial:
        values = pixels.reshape(len(pixels), 1, 1, block.timesteps, pixels.shape[-1])
        parts = [values[..., group][chosen[..., k]] for k, group in enumerate(channels)]
        return np.concatenate([part.ravel() for part in parts])
    side = pixels.shape[1] // block.rows, pixels.shape[2] // block.columns
    patches = pixels.reshape(len(pixels), block.rows, side[0], block.columns, side[1], block.timesteps, -1)
    patches = patches.transpose(0, 1, 3, 5, 2, 4, 6)
    return np.concatenate([patches[..., group][chosen[..., k]].ravel() for k, group in enumerate(channels)])


def _are_zeros(windows: NormalizedWindows, name: str, tokens: np.ndarray) -> bool:
    """Whether there are pixels of a sensor in some tokens, and all of them are 0."""
    values = pixels_of_tokens(windows.layout, name, windows.pixels[name], tokens)
    return bool(len(values)) and not values.any()


def _form(windows: NormalizedWindows) -> dict[str, str]:
    given = windows.pixels.items() if isinstance(windows.pixels, dict) else ()
    arrays = {f"pixels of {name}": values for name, values in given}
    arrays |= {"missing tokens": windows.missing, "timestamps": windows.timestamps}
    return {name: _shown(values) for name, values in arrays.items()}


def _shown(values: Any) -> str:
    return f"{values.dtype} {list(values.shape)}" if type(values) is np.ndarray else shown_type(values)

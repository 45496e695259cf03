"""From values to images, and how their numbers become colours."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from matplotlib import colormaps
from matplotlib.colors import to_hex

from spacenit_data.view.plot import PlottedSensor

STRETCH = (2.0, 98.0)
"""Percentiles that become black and white."""


@frozen(kw_only=True)
class Colors:
    """How numbers become colours; neither limits nor classes for images that are colours already.

    Attributes:
        limits: the numbers that get the darkest and the brightest colour.
        classes: names of the classes 0, 1, ...
        palette: one colour per class.
    """

    limits: tuple[float, float] | None = None
    classes: tuple[str, ...] = ()
    palette: tuple[str, ...] = ()


def images_of(
    item: PlottedSensor, steps: Sequence[int], bands: Sequence[str] | None
) -> tuple[list[np.ndarray], str, Colors]:
    """The images of some steps, [H, W] or colours [H, W, 4]; what they show; how numbers become colours.

    Args:
        item: the sensor.
        steps: the time steps.
        bands: the red, green and blue band, for sensors that have them.
    """
    values = item.values[:, :, list(steps)]
    composite = item.composite(bands)
    if composite is not None:
        picked = values[..., [item.bands.index(band) for band in composite]]
        return list(np.moveaxis(_composite(picked), 2, 0)), " ".join(composite), Colors()
    if item.spec is not None and item.spec.categorical:
        codes, names = _classes(values, item.bands)
        base = colormaps["tab10" if len(names) <= 10 else "tab20"]
        palette = tuple(to_hex(base(number % base.N)) for number in range(len(names)))
        return list(np.moveaxis(codes, 2, 0)), "classes", Colors(classes=names, palette=palette)
    first, band = values[..., 0], item.bands[0]
    units = f" ({item.spec.units})" if item.spec is not None and item.spec.units else ""
    return (
        list(np.moveaxis(first, 2, 0)),
        f"{f'band {band}' if band.isdigit() else band}{units}",
        Colors(limits=_limits(first)),
    )


def _limits(values: np.ndarray) -> tuple[float, float]:
    """The darkest and the brightest value of images [H, W, T]."""
    if not np.isfinite(values).any():
        return 0.0, 1.0
    # The median over steps, so that clouds at one date do not darken all others.
    steps = [image[np.isfinite(image)] for image in np.moveaxis(values, 2, 0)]
    low, high = np.median([np.percentile(image, STRETCH) for image in steps if image.size], axis=0).tolist()
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _composite(values: np.ndarray) -> np.ndarray:
    """[H, W, T, 3] as colours [H, W, T, 4], each band stretched alike over all steps; missing pixels transparent."""
    out = np.zeros((*values.shape[:-1], 4), np.float32)
    for channel in range(3):
        low, high = _limits(values[..., channel])
        out[..., channel] = np.clip((np.nan_to_num(values[..., channel], nan=low) - low) / (high - low), 0.0, 1.0)
    out[..., 3] = np.isfinite(values).all(axis=-1)
    return out


def _classes(values: np.ndarray, bands: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """[H, W, T, C] as class numbers [H, W, T] from 0, NaN where missing, and the classes' names.

    One band holds codes; of several bands, each an indicator, the first that is not 0 is the class.
    """
    if values.shape[-1] == 1:
        codes = values[..., 0]
        known = np.unique(codes[np.isfinite(codes)])
        names = tuple(f"{code:g}" for code in known)
    else:
        known = np.arange(-1.0, len(bands))
        set_ = np.nan_to_num(values) != 0
        codes = np.where(set_.any(axis=-1), set_.argmax(axis=-1), -1.0)
        codes = np.where(np.isfinite(values).any(axis=-1), codes, np.nan)
        known = np.unique(codes[np.isfinite(codes)])
        names = tuple("none" if code < 0 else bands[int(code)] for code in known)
    numbers = np.searchsorted(known, np.nan_to_num(codes)).astype(np.float32)
    return np.where(np.isfinite(codes), numbers, np.nan), names

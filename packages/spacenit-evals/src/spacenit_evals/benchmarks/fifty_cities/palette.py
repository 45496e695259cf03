"""Colours of label images, and which of them are classes."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from spacenit_core.errors import DataError

_RARE = 1e-4
"""Colours of a smaller share of all pixels come of smoothed edges, and count as the nearest frequent colour."""

_BLACK, _WHITE = 0x000000, 0xFFFFFF
"""What is no class."""


def packed(picture: np.ndarray) -> np.ndarray:
    """One number per pixel from red, green and blue, ``[3 or more, H, W]``."""
    red, green, blue = picture[:3].astype(np.int64)
    return red << 16 | green << 8 | blue


def frequent_colours(pictures: Iterable[np.ndarray]) -> tuple[int, ...]:
    """The colours that are more than smoothed edges, ascending.

    Args:
        pictures: packed ``[H, W]``.

    Raises:
        DataError: where none is a class.
    """
    counts: Counter[int] = Counter()
    for picture in pictures:
        colours, pixels = np.unique(picture, return_counts=True)
        counts.update(dict(zip(colours.tolist(), pixels.tolist(), strict=True)))
    total = sum(counts.values())
    found = tuple(sorted(colour for colour, pixels in counts.items() if pixels >= total * _RARE))
    if not set(found) - {_BLACK, _WHITE}:
        raise DataError("the label images have no colour besides black and white", "copy them again")
    return found


def class_colours(colours: Sequence[int]) -> tuple[int, ...]:
    """The colours that are classes, by label."""
    return tuple(colour for colour in colours if colour not in (_BLACK, _WHITE))


def labels_of(picture: np.ndarray, colours: Sequence[int]) -> np.ndarray:
    """Labels of a packed picture, int ``[H, W]``: the class of the nearest colour, -1 for black and white."""
    classes = class_colours(colours)
    number = np.array([classes.index(colour) if colour in classes else -1 for colour in colours])
    own, inverse = np.unique(picture, return_inverse=True)
    away = ((_parts(own)[:, None] - _parts(np.array(colours))[None]) ** 2).sum(axis=-1)
    return number[away.argmin(axis=1)][inverse.reshape(picture.shape)]


def names_of(colours: Iterable[int]) -> tuple[str, ...]:
    """What classes are called that have no names."""
    return tuple(f"colour #{colour:06x}" for colour in colours)


def _parts(colours: np.ndarray) -> np.ndarray:
    return np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=-1)

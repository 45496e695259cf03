"""Vectors of the band sets of patches, of embedders that give them: made once for a fit, on the disk."""

from tempfile import TemporaryFile

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledPart

_SAMPLES = 64


def band_sets_of(part: LabelledPart, embedder: Embedder) -> np.ndarray:
    """The vectors of each patch and band set, float32 ``[m, h, w, G, D]``.

    Raises:
        UserError: for an embedder that gives one vector for a patch.
    """
    give = getattr(embedder, "band_sets", None)
    if give is None:
        raise UserError(
            "the head attnpool weighs vectors of a patch's band sets, and this embedder gives one vector for a patch",
            "choose linear, interpolate_linear or bilinear_conv",
        )
    count, whole = len(part.groups), None
    for start in range(0, count, _SAMPLES):
        rows = np.arange(start, min(start + _SAMPLES, count))
        made = give(part.samples(rows))
        if whole is None:
            # Without a name, it is gone with the last one who uses it.
            with TemporaryFile() as file:
                whole = np.memmap(file, np.float32, "w+", shape=(count, *made.shape[1:]))
        whole[rows] = made
    assert whole is not None
    return whole

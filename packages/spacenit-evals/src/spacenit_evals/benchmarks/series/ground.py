"""Groups of samples that lie close together, by their positions in degrees."""

import numpy as np


def cells_of(lat: np.ndarray, lon: np.ndarray, degrees: float) -> np.ndarray:
    """The cell of a grid of degrees that each place lies in, int ``[n]`` from 0.

    Args:
        lat: float ``[n]``.
        lon: float ``[n]``.
        degrees: along one side of a cell.
    """
    places = np.floor(np.stack([lat, lon]) / degrees).astype(np.int64)
    return np.unique(places, axis=1, return_inverse=True)[1].reshape(-1)


def group_of(degrees: float) -> str:
    """What the samples of such a cell share, in the words of `BenchmarkFacts.group`."""
    return f"{degrees:g} degrees of ground"

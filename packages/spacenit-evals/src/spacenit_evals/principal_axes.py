"""The directions in which vectors vary most."""

import numpy as np


def principal_axes(centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal axes, by products of features or of samples, whichever are fewer.

    Args:
        centred: float64 ``[n, D]``, without their mean.

    Returns:
        Sums of squares along R axes, largest first ``[R]``, and the axes ``[D, R]``, of length 1, their largest parts
        positive. R is the smaller of n and D.
    """
    of_samples = len(centred) < centred.shape[1]
    sums, axes = np.linalg.eigh(centred @ centred.T if of_samples else centred.T @ centred)
    sums, axes = np.maximum(sums[::-1], 0.0), axes[:, ::-1]
    if of_samples:
        axes = centred.T @ axes
        axes /= np.maximum(np.linalg.norm(axes, axis=0), 1e-300)
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)
    return sums, axes * np.where(largest < 0, -1.0, 1.0)

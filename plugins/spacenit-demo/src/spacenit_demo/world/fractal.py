"""Random fields with the statistics of landscapes, and the blur of optics."""

import numpy as np


def fractal(rng: np.random.Generator, size: int, roughness: float) -> np.ndarray:
    """A random field whose amplitude falls with frequency as 1 / f**roughness.

    Args:
        rng: where the randomness comes from.
        size: cells along one side.
        roughness: 1.2 is rugged, 2.2 is smooth.

    Returns:
        float64 ``[size, size]``, mean 0, standard deviation 1. Opposite edges are unrelated.
    """
    # Spectral synthesis is periodic: a field is cut from a larger one, so that its edges do not know each other.
    whole = size + size // 2
    frequency = np.hypot(np.fft.fftfreq(whole)[:, None], np.fft.rfftfreq(whole)[None])
    frequency[0, 0] = np.inf
    phases = rng.standard_normal((2, *frequency.shape))
    field = np.fft.irfft2((phases[0] + 1j * phases[1]) * frequency**-roughness, s=(whole, whole))[:size, :size]
    return (field - field.mean()) / field.std()


def blur(values: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur along the first two axes, edges repeated.

    Args:
        values: ``[H, W, ...]``.
        sigma: standard deviation in cells.
    """
    reach = max(1, int(np.ceil(3 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    for axis in (0, 1):
        length = values.shape[axis]
        pad = [(reach, reach) if a == axis else (0, 0) for a in range(values.ndim)]
        padded = np.pad(values, pad, mode="edge")
        windows = (np.take(padded, range(i, i + length), axis=axis) for i in range(2 * reach + 1))
        values = sum(weight * window for weight, window in zip(kernel, windows, strict=True))
    return values


def coarsen(values: np.ndarray, factor: int) -> np.ndarray:
    """What a sensor with `factor` times larger pixels sees, laid back on the fine grid by repeating its pixels.

    Args:
        values: ``[H, W, ...]``; a pixel cut by the border averages what lies inside.
        factor: fine cells along one side of a coarse pixel.
    """
    height, width = values.shape[:2]
    for axis, length in ((0, height), (1, width)):
        starts = np.arange(0, length, factor)
        counts = np.diff(np.append(starts, length))
        shape = [-1 if a == axis else 1 for a in range(values.ndim)]
        means = np.add.reduceat(values, starts, axis=axis) / counts.reshape(shape)
        values = np.repeat(means, counts, axis=axis)
    return values


def rank(values: np.ndarray) -> np.ndarray:
    """Each value's place among all, from 0 (lowest) to 1 (highest)."""
    order = np.zeros(values.size)
    order[np.argsort(values, axis=None, kind="stable")] = np.linspace(0.0, 1.0, values.size)
    return order.reshape(values.shape)

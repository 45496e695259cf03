"""Numbers that look random and are the same everywhere: the goldens are computed with them and so do not store them."""

from zlib import crc32

import numpy as np


def noise(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values in [-1, 1) that a name and a shape determine, float32; all are multiples of 1/1024."""
    with np.errstate(over="ignore"):
        z = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.uint64) + np.uint64(crc32(name.encode()) << 20)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(53)).astype(np.float32) / 1024 - 1).reshape(shape)


def weight(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """A model's weight by its name: norms near 1, patch embeddings small, the others of a size that matters."""
    values = noise(name, shape)
    if "rope_mixed_freqs" in name:
        return values
    if "norm" in name.split(".")[-2] and name.endswith(".weight"):
        return 1 + values / 4
    return values / (32 if "patch_embeddings" in name else 4)


def timestamps(samples: int, steps: int) -> np.ndarray:
    """Dates that are irregular and cross the turn of a year, int64 ``[samples, steps, 3]``: day, month, year."""
    return np.array(
        [
            [(1 + (7 * i + 3 * j) % 28, (9 + 2 * i + j) % 12, 2019 + i + (9 + 2 * i + j) // 12) for j in range(steps)]
            for i in range(samples)
        ]
    )


def visibility(name: str, shape: tuple[int, ...], *, decoded_only: bool) -> np.ndarray:
    """Token visibility of a sensor: 0 encode, 1 target only, 2 decode; three of five tokens are encoded, uint8."""
    share = (noise(f"visibility/{name}", shape) + 1) / 2
    values = np.select([share < 0.6, share < 0.8], [0, 1], 2)
    return np.where(decoded_only & (values == 0), 2, values).astype(np.uint8)

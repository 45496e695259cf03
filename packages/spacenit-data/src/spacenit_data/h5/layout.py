"""How the arrays of a sample are cut into chunks, so that a training window reads what it needs (ADR 0003)."""

CHUNK_CELLS = 32
"""Cells along one side of a chunk."""

CHUNK_STEPS = 4
"""Time steps in a chunk."""


def chunk_shape(shape: tuple[int, ...], tile_size: int) -> tuple[int, ...]:
    """The chunk of an array of one sample.

    Args:
        shape: [H*k, W*k, S, C] with a grid, anything shorter without one.
        tile_size: cells along one side of the sample.

    Returns:
        At most [32*k, 32*k, 4, C] with a grid, the whole array without one.
    """
    if len(shape) != 4:
        return shape
    pixels = CHUNK_CELLS * (shape[0] // tile_size)
    return min(pixels, shape[0]), min(pixels, shape[1]), min(CHUNK_STEPS, shape[2]), shape[3]

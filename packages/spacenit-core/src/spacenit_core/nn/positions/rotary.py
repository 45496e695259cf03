"""Turning queries and keys: pairs of adjacent features are points in the plane, turned by an angle."""

from functools import cached_property

import torch
from torch import Tensor

from spacenit_core.nn.positions.axial import axial_frequencies
from spacenit_core.nn.positions.config import PositionConfig
from spacenit_core.nn.positions.coordinates import in_space, in_time
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch


class Turns:
    """The turns of M tokens, for the queries and the keys of a block.

    Args:
        angles: float32 ``[M, heads or 1, width / 2]``, in radians.
    """

    def __init__(self, angles: Tensor) -> None:
        self._cos, self._sin = angles.cos(), angles.sin()

    def __call__(self, tokens: Tensor) -> Tensor:
        """Turn queries or keys ``[M, heads, width]``; computed in float32 at least, returned as they came."""
        pairs = tokens.unflatten(-1, (-1, 2))
        if not pairs.dtype.itemsize >= 4:
            pairs = pairs.float()
        return self._turned(pairs).flatten(-2).to(tokens.dtype)

    def _turned(self, pairs: Tensor) -> Tensor:
        # One product of complex numbers takes half the time of the real form, which compilers and exporters need.
        if not torch.compiler.is_compiling():
            return torch.view_as_real(torch.view_as_complex(pairs) * self._complex)
        x, y = pairs.unbind(-1)
        return torch.stack((x * self._cos - y * self._sin, y * self._cos + x * self._sin), dim=-1)

    @cached_property
    def _complex(self) -> Tensor:
        return torch.complex(self._cos, self._sin)


class Places:
    """Where and when M tokens were taken.

    Args:
        coordinates: float32 ``[M, A]``: (days,) row, column.
        frequencies: ``[A, heads or 1, width / 2]``, the same in every block; None where each block has its own.
    """

    def __init__(self, coordinates: Tensor, frequencies: Tensor | None) -> None:
        self._coordinates = coordinates
        self._frequencies = frequencies

    def turns(self, frequencies: Tensor | None = None) -> Turns:
        """The turns of the tokens by a block's frequencies ``[A, heads, width / 2]``, or by those of all blocks."""
        return self._shared if frequencies is None else self._turns(frequencies)

    @cached_property
    def _shared(self) -> Turns:
        assert self._frequencies is not None
        return self._turns(self._frequencies)

    def _turns(self, frequencies: Tensor) -> Turns:
        # A matrix product would round otherwise than the released models do, and in half precision under autocast;
        # days are thousands, of which single precision keeps few digits after the point.
        frequencies = frequencies.float()
        angles = self._coordinates[:, 0, None, None] * frequencies[0]
        for axis in range(1, len(frequencies)):
            angles = angles + self._coordinates[:, axis, None, None] * frequencies[axis]
        return Turns(angles)


class Rotary:
    """The rotary positions of an encoder or a predictor.

    Args:
        config: the position encoding, one that rotates.
        head_size: width of a head.
    """

    def __init__(self, config: PositionConfig, head_size: int) -> None:
        self._config = config
        self._head_size = head_size

    def coordinates(self, batch: Batch, tokens: TokenSelection) -> Tensor:
        """(Days since 2000,) row and column of some tokens of a batch, float32 ``[M, A]``."""
        config = self._config
        space = in_space(batch, tokens, config.rope_coordinate_scale)
        if not config.rotates_time:
            return space
        time = in_time(batch, tokens, config.rope_temporal_coordinate_scale)
        return torch.cat([time[:, None], space], dim=1)

    def places(self, coordinates: Tensor) -> Places:
        """The places that the blocks turn by, from coordinates ``[M, A]``."""
        if self._config.learns_rotation:
            return Places(coordinates, None)
        return Places(coordinates, axial_frequencies(self._config, self._head_size, coordinates.device))


def rotary(config: PositionConfig, head_size: int) -> Rotary | None:
    """The rotary positions, or None where the mode does not rotate."""
    return Rotary(config, head_size) if config.rotates else None

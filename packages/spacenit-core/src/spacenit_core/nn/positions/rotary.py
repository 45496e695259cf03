"""Turning queries and keys: pairs of adjacent features are points in the plane, turned by an angle."""

from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

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


def angles_of(coordinates: Tensor, frequencies: Tensor) -> Tensor:
    """The angles of M tokens.

    Args:
        coordinates: float32 ``[M, A]``.
        frequencies: ``[A, heads or 1, width / 2]``.

    Returns:
        float32 ``[M, heads or 1, width / 2]``.
    """
    # A matrix product would round otherwise than the released models do, and in half precision under autocast; days
    # are thousands, of which single precision keeps few digits after the point.
    frequencies = frequencies.float()
    angles = coordinates[:, 0, None, None] * frequencies[0]
    for axis in range(1, len(frequencies)):
        angles = angles + coordinates[:, axis, None, None] * frequencies[axis]
    return angles


class LearnedTurn(torch.autograd.Function):
    """Turning by learned frequencies.

    What is kept for the gradient are the turned tokens, which attention keeps anyway, rather than the angles and their
    sines and cosines: a tenth less per block.
    """

    @staticmethod
    def forward(ctx: Any, coordinates: Tensor, frequencies: Tensor, *tokens: Tensor) -> tuple[Tensor, ...]:
        """Turn each of some tensors ``[M, heads, width]``."""
        turns = Turns(angles_of(coordinates, frequencies))
        turned = tuple(turns(part) for part in tokens)
        ctx.save_for_backward(coordinates, frequencies, *turned)
        return turned

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        """The gradients by the frequencies, and by the tokens before they were turned."""
        coordinates, frequencies, *turned = ctx.saved_tensors
        gradients = tuple(gradient.contiguous() for gradient in gradients)
        back = Turns(-angles_of(coordinates, frequencies))
        # A small turn moves a point at a right angle to where it lies.
        moments = [_cross(part, gradient) for part, gradient in zip(turned, gradients, strict=True)]
        by_angle = torch.stack(moments).sum(0) if len(moments) > 1 else moments[0]
        by_frequency = torch.stack([(axis[:, None, None] * by_angle).sum(0) for axis in coordinates.unbind(1)])
        return None, by_frequency.to(frequencies.dtype), *(back(gradient) for gradient in gradients)


def _cross(tokens: Tensor, others: Tensor) -> Tensor:
    """The cross products of pairs of features, float32 ``[M, heads, width / 2]`` from ``[M, heads, width]``."""
    ours, theirs = (torch.view_as_complex(part.float().unflatten(-1, (-1, 2))) for part in (tokens, others))
    return (ours.conj() * theirs).imag


class RotaryPositions:
    """Where and when M tokens were taken.

    Args:
        coordinates: float32 ``[M, A]``: (days,) row, column.
        frequencies: ``[A, heads or 1, width / 2]``, the same in every block; None where each block has its own.
    """

    def __init__(self, coordinates: Tensor, frequencies: Tensor | None) -> None:
        self._coordinates = coordinates
        self._frequencies = frequencies

    def part(self, rows: slice) -> "RotaryPositions":
        """Those of neighbouring tokens."""
        return (
            self
            if rows == slice(0, len(self._coordinates))
            else RotaryPositions(self._coordinates[rows], self._frequencies)
        )

    def turn(self, frequencies: Tensor | None, *tokens: Tensor) -> tuple[Tensor, ...]:
        """Turn queries or keys, or both, each ``[M, heads, width]``.

        Args:
            frequencies: those of a block, ``[A, heads, width / 2]``; None for those of all blocks.
            tokens: what to turn.
        """
        if frequencies is None:
            return tuple(self._shared(part) for part in tokens)
        if torch.compiler.is_compiling() or not (torch.is_grad_enabled() and frequencies.requires_grad):
            turns = Turns(angles_of(self._coordinates, frequencies))
            return tuple(turns(part) for part in tokens)
        turned: tuple[Tensor, ...] = LearnedTurn.apply(self._coordinates, frequencies, *tokens)
        return turned

    @cached_property
    def _shared(self) -> Turns:
        """The turns by the frequencies of all blocks, computed once."""
        assert self._frequencies is not None
        return Turns(angles_of(self._coordinates, self._frequencies))


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

    def positions(self, coordinates: Tensor) -> RotaryPositions:
        """The positions that the blocks turn by, from coordinates ``[M, A]``."""
        if self._config.learns_rotation:
            return RotaryPositions(coordinates, None)
        return RotaryPositions(coordinates, axial_frequencies(self._config, self._head_size, coordinates.device))


def rotary(config: PositionConfig, head_size: int) -> Rotary | None:
    """The rotary positions, or None where the mode does not rotate."""
    return Rotary(config, head_size) if config.rotates else None

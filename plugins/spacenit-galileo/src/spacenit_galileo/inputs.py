"""What goes into the network, and what comes out of it."""

from collections.abc import Iterator, Mapping

import torch
from attrs import evolve, frozen
from torch import Tensor

from spacenit_galileo.bands import AXES, Axes


@frozen(kw_only=True, eq=False)
class GalileoInputs:
    """B normalised samples. A group of bands that is in neither mapping is absent.

    Attributes:
        values: group -> float ``[B, H, W, T, C]``, ``[B, H, W, C]``, ``[B, T, C]`` or ``[B, C]``, by its axes.
        seen: group -> bool ``[B, h, w, T]``, ``[B, h, w]``, ``[B, T]`` or ``[B]``: which tokens are there.
        months: int64 ``[B, T]``, from 0.
        patch_size: pixels along one side of a patch.
        gsd: metres along one side of a pixel.
    """

    values: Mapping[str, Tensor]
    seen: Mapping[str, Tensor]
    months: Tensor
    patch_size: int
    gsd: float

    def to(self, device: torch.device) -> "GalileoInputs":
        """The same on a device."""
        return evolve(
            self,
            values={name: values.to(device) for name, values in self.values.items()},
            seen={name: seen.to(device) for name, seen in self.seen.items()},
            months=self.months.to(device),
        )

    def parts(self, size: int) -> Iterator["GalileoInputs"]:
        """So many samples at a time."""
        for start in range(0, len(self.months), size):
            rows = slice(start, start + size)
            yield evolve(
                self,
                values={name: values[rows] for name, values in self.values.items()},
                seen={name: seen[rows] for name, seen in self.seen.items()},
                months=self.months[rows],
            )


@frozen(eq=False)
class GalileoTokens:
    """The encoded tokens of B samples.

    Attributes:
        values: float ``[B, N, D]``.
        seen: bool ``[B, N]``: which mean something.
        groups: group -> its tokens among the N, and their shape without B and D.
    """

    values: Tensor
    seen: Tensor
    groups: Mapping[str, tuple[slice, torch.Size]]

    def of(self, group: str) -> Tensor:
        """The tokens of one group, ``[B, h, w, T, D]`` and so on, by its axes."""
        where, shape = self.groups[group]
        return self.values[:, where].unflatten(1, shape)

    def pooled(self) -> Tensor:
        """The mean over each sample's tokens, ``[B, D]``; NaN without any."""
        return _mean(self.values, self.seen)

    def patches(self) -> Tensor:
        """The mean over the tokens of each patch, ``[B, h, w, D]``; NaN without any.

        Tokens without a place belong to every patch.
        """
        grid = next(shape[:2] for name, (_, shape) in self.groups.items() if _on_ground(AXES[name]))
        values, seen = [], []
        for name, (where, shape) in self.groups.items():
            tokens, there = self.values[:, where], self.seen[:, where]
            if _on_ground(AXES[name]):
                values.append(tokens.unflatten(1, (*shape[:2], -1)))
                seen.append(there.unflatten(1, (*shape[:2], -1)))
            else:
                values.append(tokens[:, None, None].expand(-1, *grid, -1, -1))
                seen.append(there[:, None, None].expand(-1, *grid, -1))
        return _mean(torch.cat(values, dim=3), torch.cat(seen, dim=3))


def _on_ground(axes: Axes) -> bool:
    return axes in ("space_time", "space")


def _mean(values: Tensor, seen: Tensor) -> Tensor:
    """From ``[..., N, D]`` and bool ``[..., N]`` to ``[..., D]``."""
    there = seen[..., None].to(values.dtype)
    count = there.sum(-2)
    # A quotient by 0 would have gradients that are no numbers either.
    return torch.where(count > 0, (values * there).sum(-2) / count.clamp(min=1), torch.nan)

"""What goes into the network."""

from collections.abc import Iterator, Mapping

import torch
from attrs import evolve, frozen
from torch import Tensor


@frozen(kw_only=True, eq=False)
class PrestoInputs:
    """P normalised series of single pixels. A group of bands that is in neither mapping is absent.

    Attributes:
        values: group -> float ``[P, T, C]``; of dynamic world the class, int64 ``[P, T]``.
        seen: group -> bool ``[P, T]``: which dates are there.
        months: int64 ``[P, T]``, from 0.
        latlon: float ``[P, 2]``, degrees; NaN where unknown.
    """

    values: Mapping[str, Tensor]
    seen: Mapping[str, Tensor]
    months: Tensor
    latlon: Tensor

    def __len__(self) -> int:
        return len(self.months)

    def any_seen(self) -> Tensor:
        """Which series hold anything, bool ``[P]``."""
        return torch.stack([seen.any(dim=1) for seen in self.seen.values()]).any(dim=0)

    def take(self, rows: Tensor | slice) -> "PrestoInputs":
        """Some of the series."""
        return evolve(
            self,
            values={name: values[rows] for name, values in self.values.items()},
            seen={name: seen[rows] for name, seen in self.seen.items()},
            months=self.months[rows],
            latlon=self.latlon[rows],
        )

    def to(self, device: torch.device) -> "PrestoInputs":
        """The same on a device."""
        return evolve(
            self,
            values={name: values.to(device) for name, values in self.values.items()},
            seen={name: seen.to(device) for name, seen in self.seen.items()},
            months=self.months.to(device),
            latlon=self.latlon.to(device),
        )

    def parts(self, size: int) -> Iterator["PrestoInputs"]:
        """So many series at a time."""
        for start in range(0, len(self), size):
            yield self.take(slice(start, start + size))

"""Loss `mae`: reconstructed against true pixels (masked autoencoders, arXiv:2111.06377)."""

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, at_least, one_of, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LossConfig, LossRole, PixelLoss, PixelPairs
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.transfer import send
from spacenit_core.samples.visibility import DECODE, MISSING
from spacenit_train.losses.settings import WEIGHT, Weighted

if TYPE_CHECKING:
    from torch import Tensor

ERRORS = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
"""Error functions of `torch.nn` that are 0 for equal values and need nothing but two values."""


@frozen(kw_only=True)
class MAEConfig(Weighted, LossConfig):
    """Compare reconstructed with true pixels (masked autoencoders, arXiv:2111.06377)."""

    role: ClassVar[LossRole] = "pixels"
    metric: ClassVar[str] = "MAE"

    loss_function: str = setting(f"the error: {', '.join(ERRORS)}", "MSELoss", validator=one_of(ERRORS))
    only_decode: bool = setting("compare only patches to decode, not all that are there", True)
    weight: float = setting(WEIGHT, 1.0, validator=at_least(0))
    beta: float | None = setting(
        "SmoothL1Loss: the error from which on it is not squared (none: 1)", None, validator=at_least(0)
    )
    delta: float | None = setting(
        "HuberLoss: the error from which on it is not squared (none: 1)", None, validator=above(0)
    )

    def __attrs_post_init__(self) -> None:
        for name, value, owner in (("beta", self.beta, "SmoothL1Loss"), ("delta", self.delta, "HuberLoss")):
            if value is not None and self.loss_function != owner:
                raise ValueError(f"{name} is a setting of {owner}, not of {self.loss_function}: leave it out")

    def build(self) -> PixelLoss:
        """The loss is its own config: it has no state."""
        return self

    def __call__(self, pairs: PixelPairs) -> "Tensor":
        """The mean error over the values of all patches to decode, of every sensor that is reconstructed.

        A value is one band of one pixel; each counts once, so that sensors with many bands and pixels weigh more. The
        loss is 0 where no value is compared (the reference gives NaN).

        Returns:
            A float32 scalar.

        Raises:
            UserError: for a sensor without a grid.
        """
        import torch

        total = torch.zeros((), device=pairs.visibility.device)
        number = torch.zeros((), device=pairs.visibility.device, dtype=torch.int64)
        for name, reconstructed in pairs.reconstructed.items():
            block = pairs.layout[name]
            if not block.sensor.spatial:
                raise UserError(f"mae compares pixels of a grid, and sensor {name!r} has none", "do not reconstruct it")
            chosen = self._chosen(pairs.visibility[:, block.tokens]).unflatten(1, block.shape)
            errors = self._by_patch(reconstructed.float(), pairs.true[name].float(), block)
            for group, channels in enumerate(block.sensor.group_channels):
                # [B, rows, side, columns, side, steps, channels]: the patches, each with its pixels and bands.
                part = errors.index_select(-1, send(torch.tensor(channels), errors.device))
                wanted = chosen[..., group]
                total = total + part.sum((2, 4, 6)).where(wanted, 0).sum()
                number = number + wanted.sum() * (part.shape[2] * part.shape[4] * part.shape[6])
        return self.weight * total / number.clamp(min=1)

    def _chosen(self, visibility: "Tensor") -> "Tensor":
        return visibility == DECODE if self.only_decode else visibility != MISSING

    def _by_patch(self, reconstructed: "Tensor", true: "Tensor", block: SensorBlock) -> "Tensor":
        """The errors of all pixels, from ``[B, H*k, W*k, T, C]`` to ``[B, rows, side, columns, side, T, C]``."""
        from torch import nn

        options: dict[str, Any] = {"beta": self.beta, "delta": self.delta}
        given = {name: value for name, value in options.items() if value is not None}
        errors: Tensor = getattr(nn, self.loss_function)(reduction="none", **given)(reconstructed, true)
        return errors.unflatten(1, (block.rows, -1)).unflatten(3, (block.columns, -1))

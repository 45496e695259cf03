"""Kind `losses`: what is minimised. A loss's `role` says which slot it fits.

Losses compute in float32, whatever they are given. The runner that calls one switches autocast off around it.
"""

from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.transfer import send

if TYPE_CHECKING:
    import torch

    from spacenit_core.samples.layout import TokenLayout

LossRole = Literal["tokens", "pooled", "regularizer", "pixels"]
"""What a loss is called with: `TokenPairs`, two views' pooled vectors, an `EncodedView`, or `PixelPairs`."""


@frozen(kw_only=True)
class TokenPairs:
    """The predicted tokens of a micro-batch beside their targets, packed: M tokens of any sample and sensor.

    Attributes:
        predicted: float ``[M, D]``.
        target: float ``[M, D]``, without gradient (`cross_entropy` also takes class numbers, int64 ``[M, 1]``).
        sample: int64 ``[M]``, row in the micro-batch, ascending.
        sensor: int64 ``[M]``, index into `sensors`.
        batch_size: samples in the micro-batch, those without predicted tokens included.
        sensors: the sensors' names.
        counts: int64 ``[sensors, B]``, how many of the M tokens each sensor and sample has, in host memory, so that
            nobody has to wait for a device to count them; None where nobody counted.
    """

    predicted: "torch.Tensor"
    target: "torch.Tensor"
    sample: "torch.Tensor"
    sensor: "torch.Tensor"
    batch_size: int
    sensors: tuple[str, ...]
    counts: "torch.Tensor | None" = None


@frozen(kw_only=True)
class EncodedView:
    """What the online encoder makes of one view of a micro-batch of B samples.

    Attributes:
        pooled: float ``[B, D]``, one vector per sample: the mean of its encoded tokens, projected where the runner
            compares views.
        tokens: float ``[M, D]``, the encoded tokens, packed, one sample after the other.
        sample: int64 ``[M]``, row of each token in the micro-batch, ascending.
        counts: int64 ``[B]``, how many tokens each sample has, in host memory, so that nobody has to wait for a device
            to count them; None where nobody counted.
    """

    pooled: "torch.Tensor"
    tokens: "torch.Tensor"
    sample: "torch.Tensor"
    counts: "torch.Tensor | None" = None

    @property
    def present(self) -> "torch.Tensor":
        """The samples of which something is encoded, bool ``[B]``; the vectors of the others mean nothing."""
        return self.sample.bincount(minlength=len(self.pooled)) > 0

    @property
    def pooled_of_present(self) -> "torch.Tensor":
        """The pooled vectors of these samples alone, ``[P, D]``."""
        present = self.present if self.counts is None else self.counts > 0
        return self.pooled.index_select(0, send(present.nonzero()[:, 0], self.pooled.device))


@frozen(kw_only=True)
class PixelPairs:
    """Reconstructed pixels of one view of a micro-batch beside the true ones.

    Attributes:
        reconstructed: sensor name -> float ``[B, H*k, W*k, T, C]``, channels in the sensor's order; sensors with a
            grid, not necessarily all.
        true: the same for these sensors and maybe others, normalised; `Batch.pixels` as it is.
        visibility: uint8 ``[B, N]``, the visibility of this view's tokens.
        layout: where the N tokens lie, and which channels each of their band groups holds.
    """

    reconstructed: "dict[str, torch.Tensor]"
    true: "dict[str, torch.Tensor]"
    visibility: "torch.Tensor"
    layout: "TokenLayout"


class TokenLoss(Protocol):
    """Compares predicted tokens with their targets (role "tokens")."""

    def __call__(self, pairs: TokenPairs) -> "torch.Tensor":
        """The loss, a float32 scalar (0, with a graph, where nothing is predicted)."""
        ...


class PooledLoss(Protocol):
    """Compares the pooled vectors of two views (role "pooled")."""

    def __call__(self, first: "torch.Tensor", second: "torch.Tensor") -> "torch.Tensor":
        """From two ``[B, D]`` to a float32 scalar."""
        ...


class Regularizer(Protocol):
    """Says how far the vectors of one view are from what they should look like together (role "regularizer")."""

    def __call__(self, view: EncodedView) -> "torch.Tensor":
        """The loss, a float32 scalar (0, with a graph, where there are fewer than two vectors)."""
        ...


class PixelLoss(Protocol):
    """Compares reconstructed pixels with the true ones (role "pixels")."""

    def __call__(self, pairs: PixelPairs) -> "torch.Tensor":
        """The loss, a float32 scalar (0, with a graph, where no pixel is compared)."""
        ...


Loss = TokenLoss | PooledLoss | Regularizer | PixelLoss
"""What a loss is, by its role."""


class LossConfig(EntryConfig):
    """Base of loss entries."""

    __slots__ = ()

    role: ClassVar[LossRole] = "tokens"

    metric: ClassVar[str]
    """Its name among the metrics; the class's name without "Config" unless it says another."""

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if "metric" not in cls.__dict__:
            cls.metric = cls.__name__.removesuffix("Config")

    def build(self) -> Loss:
        """Make the loss, of the class that the role says."""
        raise NotImplementedError


LOSSES: Registry[type[LossConfig]] = Registry(
    "losses",
    LossConfig,
    renamed={
        "InfoNCE": "info_nce",
        "patch_discrimination_new": "patch_discrimination",
        "modality_patch_discrimination_new": "modality_patch_discrimination",
        # The reference has a looped and a batched version of these formulas; ours are batched.
        "modality_patch_discrimination_vec": "modality_patch_discrimination",
        "modality_patch_discrimination_masked_negatives_vec": "modality_patch_discrimination_masked_negatives",
    },
)


def check_role(slot: str, role: LossRole, loss: LossConfig | None) -> None:
    """Refuse a loss that does not fit its slot.

    Args:
        slot: the config field that holds the loss.
        role: what the slot takes.
        loss: what it was given; none passes.

    Raises:
        ValueError: with the names of the losses that fit.
    """
    if loss is not None and loss.role != role:
        fitting = ", ".join(losses_of(role)) or "none is installed"
        raise ValueError(f"{slot} takes a loss of {role}, not {_name(loss)} (a loss of {loss.role}): {fitting}")


def losses_of(role: LossRole) -> list[str]:
    """The names of the installed losses of a role, in natural order; entries that cannot be loaded are left out."""
    found = []
    for entry in LOSSES.entries():
        try:
            LOSSES.check(entry)
        except UserError:
            continue
        if entry.loaded.role == role:
            found.append(entry.name)
    return list(dict.fromkeys(found))


def _name(loss: LossConfig) -> str:
    try:
        return LOSSES.name_of(loss)
    except UserError:
        return type(loss).__name__

"""Kind `losses`: what is minimised. A loss's `role` says which slot it fits."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

from attrs import frozen

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    import torch


@frozen(kw_only=True)
class TokenPairs:
    """The predicted tokens of a micro-batch beside their targets, packed: M tokens of any sample and sensor.

    Attributes:
        predicted: float ``[M, D]``.
        target: float ``[M, D]``, without gradient.
        sample: int64 ``[M]``, row in the micro-batch, ascending.
        sensor: int64 ``[M]``, index into `sensors`.
        batch_size: samples in the micro-batch, those without predicted tokens included.
        sensors: the sensors' names.
    """

    predicted: "torch.Tensor"
    target: "torch.Tensor"
    sample: "torch.Tensor"
    sensor: "torch.Tensor"
    batch_size: int
    sensors: tuple[str, ...]


class TokenLoss(Protocol):
    """Compares predicted tokens with their targets (role "tokens")."""

    def __call__(self, pairs: TokenPairs) -> "torch.Tensor":
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        ...


class PooledLoss(Protocol):
    """Compares the pooled vectors of two views (role "pooled")."""

    def __call__(self, first: "torch.Tensor", second: "torch.Tensor") -> "torch.Tensor":
        """From two ``[B, D]`` to a float32 scalar."""
        ...


class LossConfig(EntryConfig):
    """Base of loss entries."""

    __slots__ = ()

    role: ClassVar[Literal["tokens", "pooled"]] = "tokens"

    metric: ClassVar[str]
    """Its name among the metrics; the class's name without "Config" unless it says another."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "metric" not in cls.__dict__:
            cls.metric = cls.__name__.removesuffix("Config")

    def build(self) -> Any:
        """Make the loss: a `TokenLoss` or a `PooledLoss`, as the role says."""
        raise NotImplementedError


LOSSES: Registry[type[LossConfig]] = Registry(
    "losses",
    LossConfig,
    renamed={
        "InfoNCE": "info_nce",
        "modality_patch_discrimination_new": "modality_patch_discrimination",
        # The reference has a looped and a batched version of one formula; ours is batched.
        "modality_patch_discrimination_vec": "modality_patch_discrimination",
    },
)

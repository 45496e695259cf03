"""What runners state alike: their masking, their losses, and where their targets come from."""

from collections.abc import Callable
from typing import Any

import attrs

from spacenit_core.config.fields import setting
from spacenit_core.kinds.losses import LossConfig, LossRole, check_role
from spacenit_core.kinds.sensors import SENSORS
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking


def masking(help: str = "which tokens are encoded and decoded") -> Any:
    """A setting for the masking of one view, or of all."""
    return setting(help, factory=ModalityCrossRandomMasking)


def loss(role: LossRole, help: str, factory: Callable[[], LossConfig] | None = None) -> Any:
    """A setting for a loss.

    Args:
        role: what the loss is called with; others are refused.
        help: what it compares.
        factory: makes the one that is taken by default; None: none is, and it may be left out.
    """

    def fits(_: object, attribute: "attrs.Attribute[Any]", value: LossConfig | None) -> None:
        check_role(attribute.name, role, value)

    return setting(help, None, factory=factory, validator=fits)


def token_loss(where: str = "") -> Any:
    """A setting for the loss that a runner with a target cannot do without."""
    return loss("tokens", f"compares predicted tokens with targets{where}", ModalityPatchDiscriminationConfig)


def contrastive_loss(factory: Callable[[], LossConfig] | None = None) -> Any:
    """A setting for the loss between two views."""
    return loss("pooled", "compares the pooled vectors of both views (none: not at all)", factory)


def pixel_loss(factory: Callable[[], LossConfig] | None = None) -> Any:
    """A setting for the loss of what a model's reconstructor makes."""
    return loss("pixels", "compares reconstructed with true pixels (none: not at all)", factory)


def regularizer(vectors: str) -> Any:
    """A setting for a regulariser of the named vectors."""
    return loss("regularizer", f"spreads the {vectors} of a view (none: not at all)")


def token_exits(targets: str = "target whose tokens are the targets") -> Any:
    """A setting that says after how many blocks of an encoder the tokens of each sensor are the targets.

    Args:
        targets: which encoder's, and of what.
    """
    return setting(
        f"sensor -> block of the {targets}; 0, projections of patches, if not named",
        factory=dict,
        converter=_by_sensor,
        validator=_not_negative,
        names="sensors",
    )


def _by_sensor(depths: dict[str, int]) -> dict[str, int]:
    """By sensor names as they are installed, from any case."""
    return {SENSORS.canonical(name): depth for name, depth in depths.items()}


def _not_negative(_: object, attribute: "attrs.Attribute[Any]", depths: dict[str, int]) -> None:
    for name, depth in depths.items():
        if depth < 0:
            raise ValueError(f"{attribute.name} must not be below 0, as that of {name} is ({depth})")

"""Settings that losses share."""

from spacenit_core.kinds.base import all_but

TAU = "temperature of the similarities"
WEIGHT = "factor of the loss"


class Weighted:
    """What the losses have in common that a weight of 0 switches off."""

    __slots__ = ()

    weight: float

    def inactive(self) -> dict[str, str]:
        """All settings but the weight, where that is 0."""
        return all_but(self, "weight", "0") if self.weight == 0 else {}

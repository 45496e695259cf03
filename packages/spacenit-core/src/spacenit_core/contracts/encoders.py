"""What an encoder is and returns: see `spacenit_core.kinds.encoders.TokenEncoder`."""

from typing import Any

from spacenit_core.contracts.modules import check_module
from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.text import listed


def hold(component: Any, owner: Owner, sensors: SensorSet) -> Any:
    """An encoder of these sensors; the first tokens that one of others encodes are checked.

    Raises:
        PluginError: for another class, size or set of sensors.
    """
    check_module(component, owner, "an encoder")
    provides = getattr(getattr(component, "config", None), "provides", ())
    due = ["config", "sensors", "embedding_size", "patches"]
    due += ["target_projection"] if "targets" in provides else []
    absent = [name for name in due if not hasattr(component, name)]
    if absent:
        owner.breaks(f"an encoder has {listed(due)}", f"built a {type(component).__name__} without {listed(absent)}")
    if component.sensors != sensors:
        owner.breaks("an encoder is of the sensors that it was built for", "is of other sensors")
    owner.takes(component.forward, "batch, visibility, patches, exits, project=")
    owner.takes(component.patches, "batch")
    if not owner.official:
        component.register_forward_hook(FirstTokens(owner), with_kwargs=True)
    return component


class FirstTokens:
    """A forward hook that checks the tokens of an encoder's first batch.

    Args:
        owner: whose the encoder is.
    """

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.is_known = False

    def __call__(self, encoder: Any, given: tuple[Any, ...], named: dict[str, Any], encoded: Any) -> None:
        """Check what came out, once.

        Raises:
            PluginError: for something else than the encoded tokens, one for each that is to be encoded.
        """
        if self.is_known:
            return
        self.is_known = True
        from spacenit_core.nn.encoded import EncodedTokens

        if not isinstance(encoded, EncodedTokens):
            self.owner.breaks("an encoder returns EncodedTokens", f"returned {shown_type(encoded)}")
        visibility = named["visibility"] if "visibility" in named else given[1]
        count, size = int((visibility == ENCODE).sum()), encoder.embedding_size
        packed = encoded.packed
        if tuple(packed.shape) != (count, size) or not packed.is_floating_point():
            due = f"an encoder returns one vector of embedding_size for each token to encode, here {[count, size]}"
            self.owner.breaks(due, f"returned {shown_type(packed)}")
        if not bool(packed.detach().isfinite().all()):
            self.owner.breaks("encoded tokens are finite", "returned NaN or infinite values")
        if named.get("project"):
            self._check_projected(encoded.projected, len(encoded.selection.sequences))

    def _check_projected(self, projected: Any, sequences: int) -> None:
        if getattr(projected, "ndim", 0) != 2 or len(projected) != sequences:
            due = f"an encoder that is asked to project returns one vector for each sequence, here {sequences}"
            self.owner.breaks(due, f"returned {shown_type(projected)}")

"""Kind `encoders`: from a batch and its visibility to encoded tokens."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    import torch
    from torch import nn

    from spacenit_core.nn.encoded import EncodedTokens
    from spacenit_core.nn.patches import Patches
    from spacenit_core.samples.batch import Batch

EncoderAbility = Literal["projection", "targets", "exits"]
"""What an encoder can do beside encoding: the vectors that views are compared by, targets of patches alone, and tokens
as they are after some of its blocks."""

ABILITIES: dict[EncoderAbility, str] = {
    "projection": "vectors that views are compared by",
    "targets": "targets made of patches alone",
    "exits": "tokens taken after some of its blocks",
}
"""The same in words, for messages."""


class TokenEncoder(Protocol):
    """What `EncoderConfig.build` makes: a `torch.nn.Module` that is called so, with a patch embedding of any kind.

    `spacenit_core.nn.base_encoder.BaseEncoder` has most of it, for encoders that embed with our patch embedding.
    """

    @property
    def config(self) -> "EncoderConfig":
        """The settings."""
        ...

    @property
    def sensors(self) -> SensorSet:
        """The sensors it can take: those that it was built for."""
        ...

    @property
    def embedding_size(self) -> int:
        """Width of the tokens that come out, D."""
        ...

    def __call__(
        self,
        batch: "Batch",
        visibility: "torch.Tensor",
        patches: "Patches | None" = None,
        exits: Mapping[str, int] | None = None,
        *,
        project: bool = False,
    ) -> "EncodedTokens":
        """Encode the tokens whose visibility is ENCODE.

        Args:
            batch: B windows.
            visibility: uint8 ``[B, N]``, or ``[V, B, N]`` for V views, which are encoded in one call; in host
                memory. Nothing else says what is encoded; `batch.visibility` is not read.
            patches: what `patches` returned for the batch, where that was asked for before.
            exits: sensor -> number of blocks after which its tokens are taken; None for all of them. 0 takes the
                embedded patches, without anything added (ability "targets"); other numbers are the ability "exits".
            project: whether `projected` is filled, float ``[S, D]`` (ability "projection").

        Raises:
            UserError: for exits that do not name a sensor of the batch, or lie beyond the number of blocks.
        """
        ...

    def patches(self, batch: "Batch") -> "Patches | None":
        """What the encoder and its targets share of a batch; None for nothing.

        Raises:
            UserError: for a batch that the encoder was not made for.
        """
        ...

    def target_projection(self) -> "nn.Module":
        """What makes targets of patches alone: a module called as the encoder is, always with exits of 0.

        It may share its weights with the encoder: models copy it. Only encoders with the ability "targets" are asked.
        """
        ...


class EncoderConfig(EntryConfig):
    """Base of encoder entries.

    All of them have these settings: models and the loader ask for them.
    """

    __slots__ = ()

    provides: ClassVar[tuple[EncoderAbility, ...]] = ()
    """What the encoder can do beside encoding; `dry_run` refuses one that lacks what a model needs."""

    embedding_size: int
    min_patch_size: int
    max_patch_size: int
    max_sequence_length: int
    attention: AttentionConfig

    def build(self, sensors: SensorSet) -> TokenEncoder:
        """Make the encoder for these sensors (randomly initialised from torch's generator)."""
        raise NotImplementedError


ENCODERS: Registry[type[EncoderConfig]] = Registry("encoders", EncoderConfig)

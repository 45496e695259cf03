"""What encoders have in common that embed patches with our patch embedding."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.kinds.encoders import EncoderConfig
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.target_projection import TargetProjection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet


class BaseEncoder(nn.Module):
    """Base of encoders: a `spacenit_core.kinds.encoders.TokenEncoder` of what `encode` and `project` make.

    Args:
        config: the settings.
        sensors: the sensors it can take.

    Attributes:
        config: the settings.
        sensors: the sensors it can take.
        embedding_size: width of the tokens that come out, D.
        patch_embedding: from patches to tokens; what targets are made with.
        output_projection: what all tokens go through in the end, or None.
    """

    embedding_size: int
    patch_embedding: PatchEmbedding

    def __init__(self, config: EncoderConfig, sensors: SensorSet) -> None:
        super().__init__()
        self.config = config
        self.sensors = sensors
        self.output_projection: nn.Linear | None = None

    def forward(
        self,
        batch: Batch,
        visibility: Tensor,
        patches: Patches | None = None,
        exits: Mapping[str, int] | None = None,
        *,
        project: bool = False,
    ) -> EncodedTokens:
        """Encode the tokens whose visibility is ENCODE: see `spacenit_core.kinds.encoders.TokenEncoder`.

        The head that projects is called in here, as everything is that has weights: `fully_shard` gathers them when
        a module is called and frees them when it returns.
        """
        encoded = self.encode(batch, visibility, patches or self.patches(batch), exits)
        if project:
            encoded.projected = self.project(encoded)
        return encoded

    def encode(
        self, batch: Batch, visibility: Tensor, patches: Patches, exits: Mapping[str, int] | None
    ) -> EncodedTokens:
        """What `forward` returns, without the vectors that views are compared by.

        Args:
            batch: B windows.
            visibility: uint8 ``[B, N]`` or ``[V, B, N]``.
            patches: the batch's patches.
            exits: sensor -> number of blocks after which its tokens are taken; None for all of them. The final norm
                applies to all tokens unless all exits are 0.

        Raises:
            UserError: for exits that do not name a sensor of the batch, or lie beyond the number of blocks.
        """
        raise NotImplementedError

    def target_projection(self) -> TargetProjection:
        """Patch embedding and output projection, with the encoder's own weights."""
        return TargetProjection(self.patch_embedding, self.output_projection)

    def project(self, encoded: EncodedTokens) -> Tensor:
        """The vectors that views are compared by, one per sequence, ``[S, D]``."""
        raise NotImplementedError

    def patches(self, batch: Batch) -> Patches:
        """The batch's patches, for this encoder's patch embedding.

        Raises:
            UserError: where patch size or number of steps are outside of what the encoder was made for.
        """
        layout, config = batch.layout, self.config
        if not config.min_patch_size <= layout.patch_size <= config.max_patch_size:
            raise UserError(
                f"patches of {layout.patch_size} cells were given to an encoder for {config.min_patch_size} to "
                f"{config.max_patch_size}",
                "change the loader's min_patch_size and max_patch_size, or the encoder's",
            )
        if layout.timesteps > config.max_sequence_length:
            raise UserError(
                f"windows of {layout.timesteps} steps were given to an encoder for at most "
                f"{config.max_sequence_length}",
                "raise the encoder's max_sequence_length, or cut the windows in time",
            )
        return Patches(batch, config.max_patch_size)


def exits_of_tokens(exits: Mapping[str, int], layout: TokenLayout, depth: int) -> Tensor:
    """After how many blocks each token of a layout is taken, int64 ``[N]``.

    Args:
        exits: sensor -> number of blocks.
        layout: the N tokens.
        depth: the encoder's blocks.

    Raises:
        UserError: where a sensor of the layout is not named, or a number lies beyond the depth.
    """
    unnamed = [name for name in layout.sensor_names if name not in exits]
    if unnamed:
        raise UserError(
            f"token exits do not name {', '.join(unnamed)}", "give a number of blocks for every sensor of the batch"
        )
    beyond = [f"{name}={number}" for name, number in exits.items() if not 0 <= number <= depth]
    if beyond:
        raise UserError(f"token exits must lie between 0 and {depth}, the encoder's depth: {', '.join(beyond)}")
    return torch.tensor([exits[name] for name in layout.sensor_names])[torch.from_numpy(layout.sensor).long()]

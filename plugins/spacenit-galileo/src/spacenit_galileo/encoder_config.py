"""Encoder `galileo_nano`: pretraining that goes on from Galileo's weights."""

from typing import TYPE_CHECKING, ClassVar, Self

from attrs import frozen

from spacenit_core import initial_weights
from spacenit_core.config.fields import between, one_of, setting
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.kinds.encoders import EncoderAbility, EncoderConfig
from spacenit_core.nn.attention.config import AutoAttentionConfig
from spacenit_core.sensors.selection import SensorSet
from spacenit_galileo.bands import LARGEST_PATCH, LONGEST_SERIES

if TYPE_CHECKING:
    from spacenit_galileo.encoder import GalileoTokenEncoder


@frozen(kw_only=True)
class GalileoNano(EncoderConfig):
    """Galileo-nano, whose weights training begins with; tokens of bands that it does not know begin at random."""

    provides: ClassVar[tuple[EncoderAbility, ...]] = ("projection", "targets", "exits")

    embedding_size: int = setting("width of the tokens, as in the weights", 128, validator=one_of((128,)))
    depth: int = setting("number of blocks, as in the weights", 4, validator=one_of((4,)))
    min_patch_size: int = setting("smallest patch, in grid cells", 1, validator=between(1, LARGEST_PATCH))
    max_patch_size: int = setting("largest patch, in grid cells", LARGEST_PATCH, validator=between(1, LARGEST_PATCH))
    max_sequence_length: int = setting(
        "most time steps of a window", LONGEST_SERIES, validator=between(1, LONGEST_SERIES)
    )
    attention: AttentionConfig = setting("attention backend of the decoder", factory=AutoAttentionConfig)
    weights: str | None = setting(
        "folder of the weights, or hf://nasaharvest/galileo/models/nano; the environment variable GALILEO_DIR if unset",
        None,
    )
    random_init: bool = setting("whether all weights begin at random", False)

    def inactive(self) -> dict[str, str]:
        """Weights are not read where they are random."""
        return {"weights": "random_init=true"} if self.random_init else {}

    @classmethod
    def for_trial(cls) -> Self:
        """Without weights."""
        return cls(random_init=True)

    def build(self, sensors: SensorSet) -> "GalileoTokenEncoder":
        """Make the encoder for these sensors, with Galileo's weights; the rest is drawn from torch's generator.

        Raises:
            UserError: where there are no weights, or the bands of tokens are not those that Galileo groups.
            DataError: where the weights are damaged.
        """
        from spacenit_galileo.encoder import GalileoTokenEncoder
        from spacenit_galileo.network import GalileoEncoder
        from spacenit_galileo.token_embedding import check_groups
        from spacenit_galileo.weights import SIZES, load_encoder

        reads = initial_weights.are_read() and not self.random_init
        if reads:
            check_groups(sensors)
        trained = load_encoder(self.weights, "nano") if reads else GalileoEncoder(**SIZES["nano"])
        return GalileoTokenEncoder(self, sensors, trained)

"""What the transformers of encoder and predictor share."""

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.nn.positions.config import PositionConfig


@frozen(kw_only=True)
class TransformerConfig(PositionConfig):
    """What the transformers of encoder and predictor share."""

    embedding_size: int = setting(
        "width of the tokens inside; a multiple of 16, of 8 where positions are rotary or absent", 768
    )
    depth: int = setting("number of transformer blocks", 12, validator=at_least(1))
    num_heads: int = setting("attention heads; they divide embedding_size", 12, validator=at_least(1))
    mlp_ratio: float = setting("width of the hidden layer of a block, in embedding sizes", 4.0, validator=above(0))
    drop_path: float = setting("probability of skipping a block's branch, per sample", 0.0, validator=between(0, 0.999))
    qk_norm: bool = setting("normalise the queries and keys of each head", False)
    learnable_channel_embeddings: bool = setting("train what is added to the tokens of each band group", True)
    random_channel_embeddings: bool = setting("draw it at random at first, rather than 0", False)
    output_embedding_size: int | None = setting(
        "width of the tokens that come out; as inside if none", None, validator=at_least(1)
    )

    def __attrs_post_init__(self) -> None:
        self.check_sizes(self.embedding_size, self.num_heads)

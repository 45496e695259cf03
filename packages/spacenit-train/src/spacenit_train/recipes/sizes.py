"""The sizes that recipes come in."""

from attrs import frozen


@frozen(kw_only=True)
class Size:
    """Encoder and decoder of one size.

    Attributes:
        width: embedding size of both.
        depth: blocks of the encoder.
        heads: attention heads of both.
        decoder_depth: blocks of the decoder.
        hidden: width of the layer that each pixel passes before its patch is projected, where a version has one.
    """

    width: int
    depth: int
    heads: int
    decoder_depth: int = 4
    hidden: int = 64


# A layer of 64 would be half as wide as nano's tokens, so its own is smaller.
NANO = Size(width=128, depth=4, heads=8, hidden=12)
TINY = Size(width=192, depth=12, heads=3)
SMALL = Size(width=384, depth=12, heads=6)
BASE = Size(width=768, depth=12, heads=12)
LARGE = Size(width=1024, depth=24, heads=16)

"""Configs of attention backends."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.kinds.attention import AttentionConfig

if TYPE_CHECKING:
    from spacenit_core.nn.attention import AttentionBackend


@frozen(kw_only=True)
class SdpaConfig(AttentionConfig):
    """Sequences padded to the longest of the batch, torch's scaled dot product attention with a key mask."""

    def build(self) -> "AttentionBackend":
        """Make the backend."""
        from spacenit_core.nn.attention.sdpa import Sdpa

        return Sdpa()


@frozen(kw_only=True)
class PackedConfig(AttentionConfig):
    """Sequences of any length one after the other, without padding."""

    def build(self) -> "AttentionBackend":
        """Make the backend."""
        from spacenit_core.nn.attention.packed import Packed

        return Packed()

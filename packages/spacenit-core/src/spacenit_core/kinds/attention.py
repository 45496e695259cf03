"""Kind `attention`: how attention is computed. Backends differ in speed and memory, not in the result."""

from typing import TYPE_CHECKING

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from spacenit_core.nn.attention.modules import AttentionBackend


class AttentionConfig(EntryConfig):
    """Base of attention entries; the protocol of the component is in `spacenit_core.nn.attention.modules`."""

    __slots__ = ()

    def build(self) -> "AttentionBackend":
        """Make the backend. One that cannot run says why in a warning, and another one runs instead."""
        raise NotImplementedError

    def availability(self) -> str | None:
        """What a person should know before the run, as far as it can be told without torch: that it cannot run here."""
        return None


ATTENTION: Registry[type[AttentionConfig]] = Registry("attention", AttentionConfig)

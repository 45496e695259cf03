"""Settings of attention backends."""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.environment import install_line
from spacenit_core.kinds.attention import AttentionConfig
from spacenit_core.plugins.discovery import version_of

if TYPE_CHECKING:
    from spacenit_core.nn.attention.modules import AttentionBackend


@frozen(kw_only=True)
class AutoAttentionConfig(AttentionConfig):
    """The fastest backend that runs: on a GPU varlen, xformers or packed, on a CPU packed."""

    def build(self) -> "AttentionBackend":
        """All three, of which the first that can run on the device of its inputs is called."""
        from spacenit_core.nn.attention.fallback import BackendWithFallback
        from spacenit_core.nn.attention.packed import Packed
        from spacenit_core.nn.attention.varlen import Varlen
        from spacenit_core.nn.attention.xformers import Xformers

        return BackendWithFallback({"varlen": Varlen(), "xformers": Xformers(), "packed": Packed()})

    def availability(self) -> str | None:
        """What is known before torch is there."""
        return "chosen when the run begins, which names it: varlen, xformers or packed on a GPU, packed on a CPU"


@frozen(kw_only=True)
class SdpaConfig(AttentionConfig):
    """Sequences padded to the longest of the batch, torch's scaled dot product attention with a key mask."""

    def build(self) -> "AttentionBackend":
        """The backend, which runs everywhere."""
        from spacenit_core.nn.attention.sdpa import Sdpa

        return Sdpa()


@frozen(kw_only=True)
class PackedConfig(AttentionConfig):
    """Sequences of any length one after the other, without padding: one call each on a CPU, jagged tensors on a GPU."""

    def build(self) -> "AttentionBackend":
        """The backend, which runs everywhere."""
        from spacenit_core.nn.attention.packed import Packed

        return Packed()


@frozen(kw_only=True)
class VarlenConfig(AttentionConfig):
    """Torch's variable-length FlashAttention: no padding, one call (GPU, bfloat16 or float16, torch 2.10)."""

    def build(self) -> "AttentionBackend":
        """The backend; where it cannot run, packed runs instead and a warning says why."""
        from spacenit_core.nn.attention.fallback import BackendWithFallback
        from spacenit_core.nn.attention.packed import Packed
        from spacenit_core.nn.attention.varlen import Varlen

        return BackendWithFallback({"varlen": Varlen(), "packed": Packed()}, asked="varlen")

    def availability(self) -> str | None:
        """That torch is too old, where it is."""
        found = re.match(r"(\d+)\.(\d+)", version_of("torch"))
        major, minor = map(int, found.groups()) if found else (2, 10)
        if (major, minor) >= (2, 10):
            return None
        return f"varlen needs torch 2.10, which is {major}.{minor} here: packed will run instead"


@frozen(kw_only=True)
class XformersConfig(AttentionConfig):
    """Memory-efficient attention of xFormers: no padding, one call (GPU; needs the extra `xformers`)."""

    def build(self) -> "AttentionBackend":
        """The backend; where it cannot run, packed runs instead and a warning says why."""
        from spacenit_core.nn.attention.fallback import BackendWithFallback
        from spacenit_core.nn.attention.packed import Packed
        from spacenit_core.nn.attention.xformers import Xformers

        return BackendWithFallback({"xformers": Xformers(), "packed": Packed()}, asked="xformers")

    def availability(self) -> str | None:
        """That xformers is absent, where it is."""
        if find_spec("xformers"):
            return None
        return f"xformers is not installed ({install_line('spacenit-core[xformers]')}): packed will run instead"

"""What entries are called."""

from typing import Any

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.kinds.protocols import PROTOCOLS
from spacenit_core.plugins.registry import Registry


def benchmark_name(config: object) -> str:
    """Of a benchmark's config."""
    return _name(BENCHMARKS, config)


def embedder_name(config: object) -> str:
    """Of an embedder's config."""
    return _name(EMBEDDERS, config)


def protocol_name(config: object) -> str:
    """Of a protocol's config."""
    return _name(PROTOCOLS, config)


def _name(kind: Registry[Any], config: object) -> str:
    """What an entry is called; of a class that is not installed its own name."""
    try:
        return kind.name_of(config)
    except UserError:
        return type(config).__name__

"""Kind `kinds`: kinds that plugins add; values, one `Registry` each."""

from typing import Any

from spacenit_core.plugins.registry import Registry

KINDS: Registry[Registry[Any]] = Registry("kinds", Registry, value=True)

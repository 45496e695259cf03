"""Kind `exporters`: write a trained model for others to load."""

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.plugins.registry import Registry

if TYPE_CHECKING:
    from spacenit_core.pretrained.model import PretrainedModel


class Exporter(Protocol):
    """Writes models."""

    def __call__(self, model: "PretrainedModel", folder: Path) -> list[Path]:
        """Write a model.

        Args:
            model: a trained model.
            folder: where to write; it exists and is empty.

        Returns:
            What was written.

        Raises:
            UserError: for a model that cannot be written in this way, or where a package for it is missing.
        """
        ...


class ExporterConfig(EntryConfig):
    """Base of exporter entries."""

    __slots__ = ()

    def build(self) -> Exporter:
        """What writes models; packages that it needs are looked for here, before any work."""
        raise NotImplementedError


EXPORTERS: Registry[type[ExporterConfig]] = Registry("exporters", ExporterConfig)

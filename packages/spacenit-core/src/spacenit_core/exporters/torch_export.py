"""Exporter `torch_export`: an encoder as a program of torch."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.exporters.fixed_shape import FixedShape
from spacenit_core.kinds.exporters import Exporter, ExporterConfig

if TYPE_CHECKING:
    from spacenit_core.pretrained.model import PretrainedModel


@frozen(kw_only=True)
class TorchExportConfig(FixedShape, ExporterConfig):
    """The encoder as a program that `torch.export.load` reads, of one shape and without missing pixels."""

    def build(self) -> Exporter:
        """The exporter is its own config."""
        return self

    def __call__(self, model: "PretrainedModel", folder: Path) -> list[Path]:
        """Write `encoder.pt2`, which `torch.export.load(path).module()` runs, and `encoder.json`, which describes it.

        Returns:
            Both files.

        Raises:
            UserError: for an encoder or a shape that has no graph.
        """
        import torch

        from spacenit_core.checkpoint.files import write_synced
        from spacenit_core.exporters.dense import DenseEncoder

        dense = DenseEncoder(model, self)
        program, description = folder / "encoder.pt2", folder / "encoder.json"
        exported = torch.export.export(dense, dense.example())
        for name, value in exported.constants.items():
            if isinstance(value, torch.Tensor):
                # Views of larger tensors would be saved with all of these.
                exported.constants[name] = value.contiguous().clone()
        torch.export.save(exported, program)
        write_synced(description, json.dumps(dense.described(), indent=1).encode())
        return [program, description]

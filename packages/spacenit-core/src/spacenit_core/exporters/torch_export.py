"""An encoder as a program of torch."""

import json
from pathlib import Path

import torch

from spacenit_core.checkpoint.files import write_synced
from spacenit_core.exporters.config import FixedShape
from spacenit_core.exporters.dense import DenseEncoder
from spacenit_core.pretrained.model import PretrainedModel


class TorchExport:
    """Writes `encoder.pt2`, which `torch.export.load(path).module()` runs, and `encoder.json`, which describes it.

    Args:
        shape: what the program is made for.
    """

    def __init__(self, shape: FixedShape) -> None:
        self.shape = shape

    def __call__(self, model: PretrainedModel, folder: Path) -> list[Path]:
        """Write the program `encoder.pt2` and `encoder.json`, which names its inputs; both are returned."""
        dense = DenseEncoder(model, self.shape)
        program, description = folder / "encoder.pt2", folder / "encoder.json"
        exported = torch.export.export(dense, dense.example())
        for name, value in exported.constants.items():
            if isinstance(value, torch.Tensor):
                # Views of larger tensors would be saved with all of these.
                exported.constants[name] = value.contiguous().clone()
        torch.export.save(exported, program)
        write_synced(description, json.dumps(dense.described(), indent=1).encode())
        return [program, description]

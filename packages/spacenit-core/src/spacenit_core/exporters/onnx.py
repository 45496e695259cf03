"""An encoder as an ONNX graph."""

import json
from importlib.util import find_spec
from pathlib import Path

import torch

from spacenit_core.checkpoint.files import write_synced
from spacenit_core.environment import install_line
from spacenit_core.errors import UserError
from spacenit_core.exporters.config import FixedShape
from spacenit_core.exporters.dense import DenseEncoder
from spacenit_core.pretrained.model import PretrainedModel

_PACKAGES = ("onnx", "onnxscript")


class Onnx:
    """Writes `encoder.onnx`, with its weights inside, and `encoder.json`, which describes it.

    Args:
        shape: what the graph is made for.

    Raises:
        UserError: where the packages that write such graphs are missing.
    """

    def __init__(self, shape: FixedShape) -> None:
        missing = [name for name in _PACKAGES if find_spec(name) is None]
        if missing:
            raise UserError(
                f"writing ONNX graphs needs the package {' and '.join(missing)}", install_line("spacenit-core[onnx]")
            )
        self.shape = shape

    def __call__(self, model: PretrainedModel, folder: Path) -> list[Path]:
        """Write the graph `encoder.onnx` and `encoder.json`, which names its inputs; both are returned."""
        dense = DenseEncoder(model, self.shape)
        graph, description = folder / "encoder.onnx", folder / "encoder.json"
        names = list(dense.sensors.names)
        torch.onnx.export(
            dense,
            dense.example(),
            graph,
            dynamo=True,
            external_data=False,
            verbose=False,
            input_names=[*names, "timestamps"],
            output_names=[f"{name}_tokens" for name in names],
        )
        write_synced(description, json.dumps(dense.described(), indent=1).encode())
        return [graph, description]

"""Exporter `onnx`: an encoder as an ONNX graph."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.environment import install_line
from spacenit_core.errors import UserError
from spacenit_core.exporters.fixed_shape import FixedShape
from spacenit_core.kinds.exporters import Exporter, ExporterConfig

if TYPE_CHECKING:
    from spacenit_core.pretrained.model import PretrainedModel

_PACKAGES = ("onnx", "onnxscript")


@frozen(kw_only=True)
class OnnxConfig(FixedShape, ExporterConfig):
    """The encoder as an ONNX graph, of one shape and without missing pixels."""

    def build(self) -> Exporter:
        """The exporter is its own config.

        Raises:
            UserError: where the packages that write such graphs are missing.
        """
        missing = [name for name in _PACKAGES if find_spec(name) is None]
        if missing:
            raise UserError(
                f"writing ONNX graphs needs the package {' and '.join(missing)}", install_line("spacenit-core[onnx]")
            )
        return self

    def __call__(self, model: "PretrainedModel", folder: Path) -> list[Path]:
        """Write the graph `encoder.onnx`, its weights inside, and `encoder.json`, which names its inputs.

        Returns:
            Both files.

        Raises:
            UserError: for an encoder or a shape that has no graph.
        """
        import torch

        from spacenit_core.checkpoint.files import write_synced
        from spacenit_core.exporters.dense import DenseEncoder

        dense = DenseEncoder(model, self)
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

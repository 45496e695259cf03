"""Exporter `safetensors`: an encoder in our own files."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.kinds.exporters import Exporter, ExporterConfig

if TYPE_CHECKING:
    from spacenit_core.pretrained.model import PretrainedModel


@frozen(kw_only=True)
class SafetensorsConfig(ExporterConfig):
    """The encoder's weights and settings, for `spacenit_core.load_model`."""

    def build(self) -> Exporter:
        """The exporter is its own config."""
        return self

    def __call__(self, model: "PretrainedModel", folder: Path) -> list[Path]:
        """Write the encoder's settings (JSON) and weights; both files are returned."""
        from spacenit_core.checkpoint.files import write_synced
        from spacenit_core.checkpoint.tensors import pack
        from spacenit_core.pretrained.exported import CONFIG, WEIGHTS, described

        encoder = model.encoder_module
        write_synced(folder / WEIGHTS, pack(encoder.state_dict()))
        write_synced(folder / CONFIG, json.dumps(described(encoder.config, model.sensors), indent=1).encode())
        return [folder / CONFIG, folder / WEIGHTS]

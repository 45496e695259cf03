"""An encoder in our own files."""

import json
from pathlib import Path

from spacenit_core.checkpoint.files import write_synced
from spacenit_core.checkpoint.tensors import pack
from spacenit_core.pretrained.exported import CONFIG, WEIGHTS, described
from spacenit_core.pretrained.model import PretrainedModel


def export_safetensors(model: PretrainedModel, folder: Path) -> list[Path]:
    """Write the encoder's weights and settings; see :class:`~spacenit_core.kinds.exporters.Exporter`."""
    encoder = model.encoder_module
    write_synced(folder / WEIGHTS, pack(encoder.state_dict()))
    write_synced(folder / CONFIG, json.dumps(described(encoder.config, model.sensors), indent=1).encode())
    return [folder / CONFIG, folder / WEIGHTS]

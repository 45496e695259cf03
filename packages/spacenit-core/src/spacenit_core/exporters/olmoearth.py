"""A model in the files of OlmoEarth Pretrain."""

import json
from pathlib import Path

import torch

from spacenit_core.checkpoint.files import write_synced
from spacenit_core.pretrained.model import PretrainedModel
from spacenit_core.pretrained.olmoearth.hub import FILES
from spacenit_core.pretrained.olmoearth.names import WeightMap
from spacenit_core.pretrained.olmoearth.translate import as_reference, olmoearth_encoder
from spacenit_core.sensors.stored import SENSORS_FILE, stored_bytes


def export_olmoearth(model: PretrainedModel, folder: Path) -> list[Path]:
    """Write `config.json` and `weights.pth`; see :class:`~spacenit_core.kinds.exporters.Exporter`.

    Beside them lies `sensors.json`, which OlmoEarth Pretrain passes over and `load_model` reads.
    """
    content = as_reference(model.config, model.sensors)
    names = WeightMap(model.sensors, olmoearth_encoder(model.config))
    config, weights = (folder / name for name in FILES)
    torch.save(names.to_reference(model.model.state_dict()), weights)
    write_synced(config, json.dumps(content, indent=1).encode())
    write_synced(folder / SENSORS_FILE, stored_bytes(model.sensors))
    return [config, weights, folder / SENSORS_FILE]

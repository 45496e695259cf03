"""Exporter `olmoearth`: a model in the files of OlmoEarth Pretrain."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.kinds.exporters import Exporter, ExporterConfig

if TYPE_CHECKING:
    from spacenit_core.pretrained.model import PretrainedModel


@frozen(kw_only=True)
class OlmoEarthConfig(ExporterConfig):
    """The whole model as OlmoEarth models are released, for `olmoearth_pretrain.model_loader.load_model_from_path`."""

    def build(self) -> Exporter:
        """The exporter is its own config."""
        return self

    def __call__(self, model: "PretrainedModel", folder: Path) -> list[Path]:
        """Write `config.json` and `weights.pth`, and beside them `sensors.json`; all three are returned.

        OlmoEarth Pretrain passes over `sensors.json`, and `load_model` reads it.

        Raises:
            UserError: for a model that OlmoEarth Pretrain has no words for.
        """
        import torch

        from spacenit_core.checkpoint.files import write_synced
        from spacenit_core.pretrained.olmoearth.hub import FILES
        from spacenit_core.pretrained.olmoearth.names import WeightMap
        from spacenit_core.pretrained.olmoearth.translate import as_reference, olmoearth_encoder
        from spacenit_core.sensors.stored import SENSORS_FILE, stored_bytes

        content = as_reference(model.config, model.sensors)
        names = WeightMap(model.sensors, olmoearth_encoder(model.config))
        config, weights = (folder / name for name in FILES)
        torch.save(names.to_reference(model.model.state_dict()), weights)
        write_synced(config, json.dumps(content, indent=1).encode())
        write_synced(folder / SENSORS_FILE, stored_bytes(model.sensors))
        return [config, weights, folder / SENSORS_FILE]

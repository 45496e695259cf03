"""Make sensors.json from OlmoEarth Pretrain 0.1.2; run in an environment that has it: ``python make_sensors.py``."""

import json
from pathlib import Path

import numpy as np
from olmoearth_pretrain.data.constants import Modality
from olmoearth_pretrain.data.normalize import Normalizer, Strategy
from olmoearth_pretrain.datatypes import OlmoEarthSample


def normalized(modality: object, values: np.ndarray) -> tuple[str, list[float]] | None:
    """Which strategy applies, and what it makes of `values`: computed first, else predefined, as its data set does."""
    for strategy in (Strategy.COMPUTED, Strategy.PREDEFINED):
        try:
            return strategy.value, Normalizer(strategy).normalize(modality, values).tolist()
        except Exception:
            continue
    return None


def main() -> None:
    """Write the golden file beside this script."""
    order = [name for name in OlmoEarthSample._fields if name != "timestamps"]
    sensors = {}
    for modality in Modality.values():
        bands = [band for band_set in modality.band_sets for band in band_set.bands]
        values = np.random.default_rng(len(bands)).uniform(-50, 5000, len(bands))
        sensors[modality.name] = {
            "groups": [[list(s.bands), s.resolution_factor * 0.625] for s in modality.band_sets],
            "grid_gsd": modality.tile_resolution_factor * 0.625,
            "temporal": modality.is_multitemporal,
            "spatial": modality.is_spatial,
            "pixels_per_cell": max(modality.image_tile_size_factor, 1),
            "in_raw_layout": not modality.ignore_when_parsing,
            "position": order.index(modality.name) if modality.name in order else None,
            "values": values.tolist(),
            "normalized": normalized(modality, values),
        }
    text = json.dumps({"order": order, "sensors": sensors}, indent=1)
    Path(__file__).with_name("sensors.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

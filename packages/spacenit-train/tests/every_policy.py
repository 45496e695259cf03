"""Every masking policy with settings that need nothing more, and a way to call one."""

from typing import Any

import numpy as np

from spacenit_core.kinds.masking import MASKING, MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.masking.composed import ComposedMasking
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.masking.random import RandomMasking
from spacenit_train.masking.random_fixed_modality import RandomFixedModalityMasking
from spacenit_train.masking.random_time_with_decode import RandomTimeWithDecodeMasking
from spacenit_train.masking.space import SpaceMasking
from spacenit_train.masking.time import TimeMasking

MAPS = ("worldcover", "srtm", "cdl")
SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat", *MAPS, "era5_10", "latlon"])
OFFICIAL = ModalityCrossRandomMasking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=MAPS)

SELECTED = {"decodable_modalities": ("worldcover", "landsat"), "fully_mask_modalities": ("sentinel1",)}
PARTS = {"policies": {"space": SpaceMasking(), "time": TimeMasking()}}
NEEDED: dict[str, dict[str, Any]] = {
    "selectable_modality": {**SELECTED, "max_to_mask": 3},
    "selectable_random_range_modality": {**SELECTED, "max_to_mask": 2},
    "random_fixed_modality": {"decoded_modalities": MAPS, "randomize_missing_modalities": SENSORS.names[:3]},
    "composed": PARTS,
    "scheduled": {**PARTS, "starts": (0, 3), "transition_steps": 2},
}
"""What policies without a default for everything are given."""

VARIANTS: dict[str, MaskingConfig] = {
    "random/few": RandomMasking(encode_ratio=0.3, decode_ratio=0.6),
    "modality_cross_random/v1": OFFICIAL,
    "modality_cross_random/limits": ModalityCrossRandomMasking(min_encoded_bandsets=3, max_encoded_bandsets=4),
    "random_time_with_decode/v1_2": RandomTimeWithDecodeMasking(only_decode_modalities=MAPS),
    "random_fixed_modality/sample": RandomFixedModalityMasking(
        **NEEDED["random_fixed_modality"], randomize_missing_in="sample"
    ),
    "composed/intersection": ComposedMasking(**PARTS, by="intersection", only_decode_modalities=MAPS),
    "composed/cascade": ComposedMasking(
        policies={"time": TimeMasking(), "v1": OFFICIAL}, by="cascade", only_decode_modalities=MAPS
    ),
}
OURS = sorted(entry.name for entry in MASKING.entries() if entry.distribution == "spacenit-train")
POLICIES = {name: MASKING.get(name)(**NEEDED.get(name, {})) for name in OURS} | VARIANTS
TAKES_AWAY = ("selectable", "random_fixed")
"""Policies that make tokens missing that are there."""


def layout_of(sensors: SensorSet, side: int, steps: int) -> TokenLayout:
    return TokenLayout.of(sensors, rows=side, columns=side, timesteps=steps, patch_size=1)


def mask(policy: MaskingConfig, layout: TokenLayout, missing: np.ndarray, step: int = 0) -> np.ndarray:
    return policy.build()(layout, missing, Draws(1, step, "masking", range(len(missing)), len(missing)))

"""Write masking.json: how often OlmoEarth Pretrain's masking policies encode, decode and skip each sensor's tokens.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_masking.py masking.json
"""

import json
import logging
import sys
import warnings

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.data.constants import MISSING_VALUE, Modality  # noqa: E402
from olmoearth_pretrain.datatypes import OlmoEarthSample  # noqa: E402
from olmoearth_pretrain.train.masking import MaskingConfig  # noqa: E402

MAPS = ["worldcover", "srtm", "cdl"]
V1 = {"type": "modality_cross_random", "encode_ratio": 0.5, "decode_ratio": 0.5}
OFFICIAL = {**V1, "allow_encoding_decoding_same_bandset": True, "only_decode_modalities": MAPS}
ALL = ["sentinel2_l2a", "sentinel1", "landsat", *MAPS]
SCENARIOS = {
    "random": ({"type": "random", "encode_ratio": 0.4, "decode_ratio": 0.3}, [*ALL, "latlon"], 2, 3),
    "official": (OFFICIAL, ALL, 2, 3),
    "cross_default": (V1, ["sentinel2_l2a", "sentinel1", "landsat"], 2, 3),
    "cross_limits": (
        {**OFFICIAL, "max_encoded_bandsets": 3, "min_decoded_bandsets": 2, "max_decoded_bandsets": 4},
        ALL,
        2,
        3,
    ),
    "cross_disjoint_decode_only": ({**V1, "only_decode_modalities": MAPS}, ALL, 2, 3),
    "cross_all_encoded": ({**OFFICIAL, "min_encoded_bandsets": None}, ALL, 2, 3),
    "s2_only": ({**OFFICIAL, "only_decode_modalities": []}, ["sentinel2_l2a"], 1, 2),
    "single_month": (OFFICIAL, ALL, 1, 1),
}
BATCH, REPEATS, PATCH = 8, 2000, 1


def missing_steps(sensors: list[str], steps: int) -> dict[str, np.ndarray]:
    """Which steps of which samples are missing, bool [B, T]: the same in every batch of a scenario."""
    rng = np.random.default_rng(5)
    out = {}
    for number, name in enumerate(sensors):
        time = steps if Modality.get(name).is_multitemporal else 1
        gone = rng.random((BATCH, time)) < 0.2
        gone[rng.random(BATCH) < 0.25] = True
        gone[0] = False  # one complete sample
        gone[1] = number != 0  # one sample with a single sensor
        gone[2] = number not in (0, len(sensors) - 1)  # one with the first and the last
        out[name] = gone
    return out


def sample(gone: dict[str, np.ndarray], side: int, steps: int) -> OlmoEarthSample:
    """A batch of zeros in which the given steps are missing."""
    fields = {"timestamps": torch.ones((BATCH, steps, 3), dtype=torch.int64)}
    for name, missing in gone.items():
        spec = Modality.get(name)
        space = (side, side) if spec.is_spatial else ()
        time = (missing.shape[1],) if spec.is_spatial or spec.is_multitemporal else ()
        values = torch.zeros((BATCH, *space, *time, len(spec.band_order)))
        where = torch.from_numpy(missing).reshape(BATCH, *(1 for _ in space), *(missing.shape[1] for _ in time), 1)
        fields[name] = values.masked_fill(where, MISSING_VALUE)
    return OlmoEarthSample(**fields)


def counts(policy: dict, sensors: list[str], side: int, steps: int) -> dict:
    """Tokens by value of visibility, summed over batches, for each sample, sensor and band group."""
    gone = missing_steps(sensors, steps)
    batch = sample(gone, side, steps)
    strategy = MaskingConfig(strategy_config=policy).build()
    np.random.seed(0)
    torch.manual_seed(0)
    total: dict = {}
    for _ in range(REPEATS):
        masked = strategy.apply_mask(batch, PATCH)
        for name in sensors:
            mask = getattr(masked, f"{name}_mask").numpy()
            tokens = mask.reshape(BATCH, -1, mask.shape[-1])
            found = np.stack([(tokens == value).sum(1) for value in range(4)], axis=-1)
            total[name] = total.get(name, 0) + found
    return {
        "policy": policy,
        "side": side,
        "steps": steps,
        "missing": {name: value.tolist() for name, value in gone.items()},
        "counts": {name: value.tolist() for name, value in total.items()},
    }


def main(path: str) -> None:
    """Write the golden file."""
    scenarios = {key: counts(*arguments) for key, arguments in SCENARIOS.items()}
    with open(path, "w") as file:
        json.dump({"batch": BATCH, "repeats": REPEATS, "scenarios": scenarios}, file)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])

"""Write masking.npz: how many tokens OlmoEarth Pretrain's masking policies encode, decode and skip of each band set.

Run in an environment with `olmoearth-pretrain[training]==0.1.2` and `setuptools<81`:

    python make_masking.py masking.npz

For each scenario the file holds the sum and the sum of squares, over repeated batches, of what is counted in one: under
its name the tokens by value, int64 [2, samples, band sets, 4 values]; under its name and "/structure" how they hang
together, [2, band sets + 1, 3, 4 values]: over all samples the tokens, the squares of the tokens of each time step, and
the squares of the tokens of each patch; in the last row over all sensors of the largest extent. `scenarios` is a JSON
text: policy, sensors (with single-group ones marked), window and the missing steps.
"""

import json
import logging
import sys
import warnings
from typing import Any

import numpy as np
import torch

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

from olmoearth_pretrain.data.constants import MISSING_VALUE, Modality  # noqa: E402
from olmoearth_pretrain.datatypes import OlmoEarthSample  # noqa: E402
from olmoearth_pretrain.nn.tokenization import ModalityTokenization, TokenizationConfig  # noqa: E402
from olmoearth_pretrain.train.masking import MaskingConfig  # noqa: E402

BATCH, REPEATS, PATCH = 6, 400, 1
S2, S1, LANDSAT, ERA5, LATLON = "sentinel2_l2a", "sentinel1", "landsat", "era5_10", "latlon"
MAPS = ["worldcover", "srtm", "cdl"]
IMAGES, ALL = [S2, S1, LANDSAT], [S2, S1, "worldcover", "srtm", LANDSAT, "cdl"]
SHARES = {"encode_ratio": 0.5, "decode_ratio": 0.5}
FEW = {"encode_ratio": 0.25, "decode_ratio": 0.5}
OFFICIAL = {**SHARES, "allow_encoding_decoding_same_bandset": True, "only_decode_modalities": MAPS}
WITH_DECODE = {**SHARES, "only_decode_modalities": MAPS}
SELECTED = {"decodable_modalities": ["worldcover", S1], "fully_mask_modalities": [LANDSAT], "max_to_mask": 2}
FIXED = {"decoded_modalities": MAPS, "randomize_missing_modalities": IMAGES}


def scenario(type: str, settings: dict[str, Any], sensors: list[str], **more: Any) -> dict[str, Any]:
    """A policy and what it is given: 2 x 2 patches, 4 steps and gaps unless stated otherwise."""
    window = {"side": 2, "steps": 4, "gaps": "some", "single_group": [], "step": 0}
    return {"policy": {"type": type, **settings}, "sensors": sensors, **window, **more}


def cross(type: str) -> dict[str, dict[str, Any]]:
    """What the policies across sensors are asked."""
    limits = {"max_encoded_bandsets": 3, "min_decoded_bandsets": 2, "max_decoded_bandsets": 4}
    decode_only = {**SHARES, "only_decode_modalities": MAPS}
    return {
        f"{type}/official": scenario(type, OFFICIAL, [*ALL, LATLON]),
        f"{type}/full": scenario(type, OFFICIAL, [*ALL, LATLON], gaps="none"),
        f"{type}/default": scenario(type, {}, IMAGES),
        f"{type}/limits": scenario(type, {**OFFICIAL, **limits}, ALL),
        f"{type}/disjoint_decode_only": scenario(type, decode_only, [*ALL, LATLON]),
        f"{type}/all_encoded": scenario(type, {**OFFICIAL, "min_encoded_bandsets": None}, ALL),
        f"{type}/one_sensor": scenario(type, {**OFFICIAL, **FEW}, [S2], side=1, steps=2),
    }


def with_decode(type: str) -> dict[str, dict[str, Any]]:
    """What the policies with roles are asked; v1.2 embeds all bands of Sentinel-2, and of Landsat, together."""
    few = {**FEW, "only_decode_modalities": ["worldcover"]}
    return {
        f"{type}/official": scenario(type, WITH_DECODE, [*ALL, LATLON], single_group=[S2, LANDSAT]),
        f"{type}/official_full": scenario(type, WITH_DECODE, ALL, single_group=[S2, LANDSAT], gaps="none"),
        f"{type}/default": scenario(type, {}, [*ALL, LATLON]),
        f"{type}/few": scenario(type, few, ALL, side=3, steps=3),
        f"{type}/one_band_set": scenario(type, WITH_DECODE, [S1, *MAPS]),
        f"{type}/one_step": scenario(type, WITH_DECODE, ALL, steps=1),
    }


def scenarios() -> dict[str, dict[str, Any]]:
    """All of them by name."""
    decode_range = {"min_decode_ratio": 0.2, "max_decode_ratio": 0.4}
    found = {
        "random/few": scenario("random", FEW, [*ALL, ERA5, LATLON]),
        "random/full": scenario("random", {"encode_ratio": 0.4, "decode_ratio": 0.3}, [*ALL, LATLON], gaps="none"),
        "random_increasing/start": scenario("random_increasing", {}, [S1, LATLON], step=0),
        "random_increasing/middle": scenario("random_increasing", {"steps": 500}, [S1, LATLON], step=249),
        "random_increasing/end": scenario("random_increasing", {}, [S1, LATLON], step=1500),
        "random_range/default": scenario("random_range", {}, [*IMAGES, LATLON]),
        "random_range/decode": scenario("random_range", decode_range, [*ALL, ERA5, LATLON], gaps="none"),
        "random_space/few": scenario("random_space", FEW, [S1, "worldcover", LATLON]),
        "random_space/full": scenario("random_space", SHARES, [*ALL, LATLON], gaps="none"),
        "selectable_modality/full": scenario("selectable_modality", SELECTED, [*ALL, LATLON], gaps="none"),
        "selectable_modality/few": scenario("selectable_modality", {**SELECTED, **FEW}, ALL, gaps="none"),
        "selectable_random_range_modality/full": scenario(
            "selectable_random_range_modality", SELECTED, [*ALL, LATLON], gaps="none"
        ),
        "random_fixed_modality/full": scenario("random_fixed_modality", FIXED, [*ALL, LATLON], gaps="none"),
        "random_fixed_modality/decoded": scenario("random_fixed_modality", {"decoded_modalities": MAPS, **FEW}, ALL),
        "random_time_with_decode/random": scenario(
            "random_time_with_decode", {**WITH_DECODE, "random_ratio": 1.0}, ALL
        ),
        "random_time_with_decode/time": scenario("random_time_with_decode", {**WITH_DECODE, "random_ratio": 0.0}, ALL),
    }
    for type in ("space", "time", "space_time"):
        found |= {
            f"{type}/few": scenario(type, FEW, [*ALL, LATLON], side=3, steps=5),
            f"{type}/full": scenario(type, SHARES, [*ALL, LATLON], gaps="none"),
            f"{type}/thirds": scenario(type, {"encode_ratio": 0.3, "decode_ratio": 0.4}, IMAGES, steps=7),
            f"{type}/two_steps": scenario(type, SHARES, IMAGES, steps=2),
        }
    for type in ("random", "space", "time", "space_time"):
        found |= cross(f"modality_cross_{type}")
    found["modality_cross_space_time/two_steps"] = scenario(
        "modality_cross_space_time", OFFICIAL, [*ALL, LATLON], steps=2
    )
    return found | with_decode("random_with_decode") | with_decode("random_time_with_decode")


def missing_steps(sensors: list[str], steps: int, gaps: str) -> dict[str, np.ndarray]:
    """Which steps of which samples are missing, bool [B, T]: some of the last ones, and whole sensors of three samples.

    With gaps "none" nothing is missing.
    """
    rng = np.random.default_rng(5)
    out = {}
    for number, name in enumerate(sensors):
        time = steps if Modality.get(name).is_multitemporal else 1
        gone = rng.random((BATCH, time)) < 0.5
        # The first sensor keeps its first three steps in all samples, so that there are steps to share out.
        gone[:, :3] &= number > 0
        gone[:3] = False
        gone[1] = number != 0  # a sample with a single sensor
        gone[2] = number not in (0, len(sensors) - 1)  # a sample with the first and the last
        gone[3] |= number % 2 == 1
        out[name] = gone & (gaps == "some")
    return out


def sample(gone: dict[str, np.ndarray], side: int, steps: int) -> OlmoEarthSample:
    """A batch of zeros in which the given steps are missing."""
    fields = {"timestamps": torch.ones((BATCH, steps, 3), dtype=torch.int64)}
    for name, missing in gone.items():
        spec = Modality.get(name)
        space = (side, side) if spec.is_spatial else ()
        time = (missing.shape[1],) if spec.is_spatial or spec.is_multitemporal else ()
        values = torch.zeros((BATCH, *space, *time, len(spec.band_order)))
        where = torch.from_numpy(missing).reshape(BATCH, *(1 for _ in space), *time, 1)
        fields[name] = values.masked_fill(where, MISSING_VALUE)
    return OlmoEarthSample(**fields)


def strategy_of(given: dict[str, Any]) -> Any:
    """The oracle's policy."""
    single = {name: ModalityTokenization([list(Modality.get(name).band_order)]) for name in given["single_group"]}
    tokenization = TokenizationConfig(overrides=single) if single else None
    return MaskingConfig(strategy_config=given["policy"], tokenization_config=tokenization).build()


def structure(tokens: np.ndarray) -> np.ndarray:
    """Of tokens [B, patches, T, groups]: their number, and the squares of it by step and patch, [3, 4 values]."""
    found = []
    for value in range(4):
        here = tokens == value
        squares = [(here.sum(axis=axes) ** 2).sum() for axes in ((1, 3), (2, 3))]
        found.append([here.sum(), *squares])
    return np.array(found).T


def counted(masks: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """What is counted in one batch, from the masks of its sensors, [B, patches, T, groups] each."""
    by_value = [np.stack([(mask == value).sum(axis=(1, 2)) for value in range(4)], axis=-1) for mask in masks]
    alone = [structure(mask[..., [group]]) for mask in masks for group in range(mask.shape[-1])]
    size = max(mask.shape[1] * mask.shape[2] for mask in masks)
    full = [mask for mask in masks if mask.shape[1] * mask.shape[2] == size]
    return np.concatenate(by_value, axis=1), np.stack([*alone, structure(np.concatenate(full, axis=-1))])


def counts(given: dict[str, Any], gone: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Sums, and sums of squares, of what is counted."""
    batch = sample(gone, given["side"], given["steps"])
    strategy = strategy_of(given)
    np.random.seed(0)
    torch.manual_seed(0)
    total = [np.zeros(1, dtype=np.int64)] * 2
    for _ in range(REPEATS):
        strategy.elapsed = given["step"]  # read by random_increasing alone
        masked = strategy.apply_mask(batch, PATCH)
        masks = []
        for name in given["sensors"]:
            mask = getattr(masked, f"{name}_mask").numpy()
            patches = given["side"] ** 2 if Modality.get(name).is_spatial else 1
            masks.append(mask.reshape(BATCH, patches, -1, mask.shape[-1]))
        total = [part + np.stack([new, new**2]) for part, new in zip(total, counted(masks), strict=True)]
    return total


def main(path: str) -> None:
    """Write the golden file."""
    asked, arrays = scenarios(), {}
    for name, given in asked.items():
        gone = missing_steps(given["sensors"], given["steps"], given["gaps"])
        given["missing"] = {sensor: value.astype(int).tolist() for sensor, value in gone.items()}
        arrays[name], arrays[f"{name}/structure"] = counts(given, gone)
        print(name, flush=True)
    text = json.dumps({"batch": BATCH, "repeats": REPEATS, "scenarios": asked})
    np.savez_compressed(path, scenarios=np.array(text), **arrays)


if __name__ == "__main__":
    main(sys.argv[1])

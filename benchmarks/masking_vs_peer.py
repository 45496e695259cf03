"""Is a batch masked in a tenth of the time that OlmoEarth Pretrain takes?

    python benchmarks/masking_vs_peer.py --peer-python PYTHON

PYTHON belongs to an environment that has `olmoearth-pretrain`; this script measures it there. Both sides mask the same
batch of 32 samples with the policy of v1.2 (`random_time_with_decode`, official settings) on the official sensors with
the band groups of v1.2, with one thread. A fifth of the sensors and a tenth of the time steps of a sample are missing.
The windows are among those that the official recipes draw. The measurements are taken in turn, because a shared machine
drifts.

Ours is told which tokens are missing, as the collation has found it while copying the pixels; the peer looks for
missing pixels while it masks. Prints one JSON line: median milliseconds of a batch for each window and side, and the
ratio.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

BATCH = 32
IMAGES = ["sentinel2_l2a", "sentinel1", "landsat"]
MAPS = ["worldcover", "srtm", "openstreetmap_raster", "wri_canopy_height_map", "cdl", "worldcereal"]
SINGLE_GROUP = ["sentinel2_l2a", "landsat"]
POLICY = {"encode_ratio": 0.5, "decode_ratio": 0.5, "random_ratio": 0.5}
WINDOWS = {"patch_1": (1, 12, 2), "patch_2": (2, 4, 12), "patch_4": (4, 6, 9), "patch_8": (8, 8, 4)}
"""Cells along a patch, patches along a side, time steps."""


def missing_steps(name: str, steps: int) -> np.ndarray:
    """Which steps of a sensor are missing, bool [B, T]."""
    rng = np.random.default_rng([len(name), steps])
    gone = rng.random((BATCH, steps if name in IMAGES else 1)) < (0.1 if name in IMAGES else 0.0)
    gone[rng.random(BATCH) < 0.2] = True
    return gone


def ours(patch: int, side: int, steps: int) -> Callable[[int], object]:
    """What masks our batch of a step."""
    from spacenit_core.rng import Draws
    from spacenit_core.samples.layout import TokenLayout
    from spacenit_core.sensors.selection import SensorSet
    from spacenit_train.masking.random_time_with_decode import RandomTimeWithDecodeMasking

    plain = SensorSet.of([*IMAGES, *MAPS])
    sensors = SensorSet.of(plain.names, band_groups={name: (plain[name].bands,) for name in SINGLE_GROUP})
    layout = TokenLayout.of(sensors, rows=side, columns=side, timesteps=steps, patch_size=patch)
    missing = np.zeros((BATCH, len(layout)), dtype=bool)
    for block in layout.blocks:
        gone = missing_steps(block.sensor.name, steps)
        missing[:, block.tokens] = gone[:, layout.time[block.tokens]]
    policy = RandomTimeWithDecodeMasking(**POLICY, only_decode_modalities=tuple(MAPS)).build()
    return lambda step: policy(layout, missing, Draws(0, step, "masking view 0", range(BATCH), BATCH))


def peer(patch: int, side: int, steps: int) -> Callable[[int], object]:
    """What masks the peer's batch."""
    import torch
    from olmoearth_pretrain.data.constants import MISSING_VALUE, Modality
    from olmoearth_pretrain.datatypes import OlmoEarthSample
    from olmoearth_pretrain.nn.tokenization import ModalityTokenization, TokenizationConfig
    from olmoearth_pretrain.train.masking import MaskingConfig

    cells = patch * side
    fields = {"timestamps": torch.ones((BATCH, steps, 3), dtype=torch.int64)}
    for name in [*IMAGES, *MAPS]:
        gone = torch.from_numpy(missing_steps(name, steps))
        pixels = cells * Modality.get(name).image_tile_size_factor
        values = torch.zeros((BATCH, pixels, pixels, gone.shape[1], len(Modality.get(name).band_order)))
        fields[name] = values.masked_fill(gone[:, None, None, :, None], MISSING_VALUE)
    batch = OlmoEarthSample(**fields)
    single = {name: ModalityTokenization([list(Modality.get(name).band_order)]) for name in SINGLE_GROUP}
    settings = {"type": "random_time_with_decode", **POLICY, "only_decode_modalities": MAPS}
    config = MaskingConfig(strategy_config=settings, tokenization_config=TokenizationConfig(overrides=single))
    strategy = config.build()
    return lambda step: strategy.apply_mask(batch, patch)


def measured(side: str, repeats: int) -> Iterator[tuple[str, float]]:
    """Median milliseconds of a batch, by window."""
    for name, window in WINDOWS.items():
        mask = {"ours": ours, "peer": peer}[side](*window)
        mask(0)
        spent = []
        for step in range(repeats):
            start = time.perf_counter()
            mask(step)
            spent.append(1e3 * (time.perf_counter() - start))
        yield name, statistics.median(spent)


def run(python: str, side: str, repeats: int) -> dict[str, float]:
    """Measure one side in an interpreter of its own."""
    command = [python, str(Path(__file__).resolve()), "--side", side, "--repeats", str(repeats)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peer-python", help="interpreter of an environment with olmoearth-pretrain")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=8, help="batches per window and round (ours: times five)")
    parser.add_argument("--side", choices=["ours", "peer"], help="measure this side only, in this interpreter")
    options = parser.parse_args()
    if options.side:
        print(json.dumps(dict(measured(options.side, options.repeats))))
        return
    if not options.peer_python:
        parser.error("--peer-python is required")
    rounds: dict[str, list[dict[str, float]]] = {"ours": [], "peer": []}
    for _ in range(options.rounds):
        rounds["peer"].append(run(options.peer_python, "peer", options.repeats))
        rounds["ours"].append(run(sys.executable, "ours", 5 * options.repeats))
    medians = {
        side: {name: round(statistics.median(one[name] for one in found), 2) for name in WINDOWS}
        for side, found in rounds.items()
    }
    ratio = {name: round(medians["ours"][name] / medians["peer"][name], 4) for name in WINDOWS}
    print(json.dumps({"batch": BATCH, "ms_per_batch": medians, "ours_to_peer": ratio}))


if __name__ == "__main__":
    main()

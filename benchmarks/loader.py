"""How many samples per second does the loader give on one core, and where does the time go?

    python benchmarks/loader.py FOLDER [--batch 32] [--epochs 3] [--workers 0] [--sizes peer|drawn]

FOLDER is that of an H5 set with the sensors of the v1 recipes. Settings are those of the recipes: a budget of 2,250
tokens, patches of 1 to 8 cells, windows of 1 to 12 patches, two views masked by `modality_cross_random`. `--sizes peer`
takes the window sizes that OlmoEarth Pretrain draws with its own seed in its first epoch of 256 samples, so that both
read the same pixels. Prints one JSON line with medians over the epochs; the first pass over the files is not counted.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from spacenit_core.kinds.masking import MASKING
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.loader import Loader
from spacenit_data.loader.schedule import WindowShape, max_timesteps

ENCODED = ("sentinel2_l2a", "sentinel1", "landsat")
DECODED_ONLY = ("worldcover", "srtm", "openstreetmap_raster", "wri_canopy_height_map", "cdl", "worldcereal")
PEER_SIZES = ((7, 1), (5, 9), (5, 6), (2, 8), (5, 10), (2, 8), (1, 11), (6, 1))
"""(patch size, patches a side) of OlmoEarth Pretrain's steps with seed 3622, batches of 32 and one process."""


class TimedTiles(H5Tiles):
    """The data set, with the seconds that reading takes."""

    seconds = 0.0

    def read(self, index: int, *, cells: int, max_timesteps: int, rng: np.random.Generator) -> SampleWindow:
        """See `H5Tiles.read`."""
        began = time.perf_counter()
        try:
            return super().read(index, cells=cells, max_timesteps=max_timesteps, rng=rng)
        finally:
            self.seconds += time.perf_counter() - began


class PeerSizes:
    """The peer's window sizes, over and over."""

    def __init__(self, dataset: H5Tiles, token_budget: int) -> None:
        self.shapes = [
            WindowShape(patch_size, patches, max_timesteps(dataset.sensors, patches, token_budget))
            for patch_size, patches in PEER_SIZES
        ]

    def shape(self, step: int) -> WindowShape:
        """The size of the windows of a step."""
        return self.shapes[step % len(self.shapes)]


def measure_epoch(batches: Iterator[Batch], steps: int, dataset: TimedTiles) -> dict[str, float]:
    """Take some batches; samples per second, CPU milliseconds, and milliseconds of reading per sample."""
    dataset.seconds = 0.0
    began, cpu = time.perf_counter(), time.process_time()
    samples = sum(len(next(batches)) for _ in range(steps))
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {
        "samples_per_s": samples / wall,
        "cpu_ms": 1e3 * cpu / samples,
        "read_ms": 1e3 * dataset.seconds / samples,
        "rest_ms": 1e3 * (wall - dataset.seconds) / samples,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--sizes", choices=("peer", "drawn"), default="peer")
    options = parser.parse_args()
    torch.set_num_threads(1)

    config = TileLoaderConfig(global_batch_size=options.batch, num_workers=options.workers)
    dataset = TimedTiles(options.folder, (*ENCODED, *DECODED_ONLY))
    masking: Any = MASKING.get("modality_cross_random")
    policy = masking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=DECODED_ONLY).build()
    schedule = PeerSizes(dataset, config.token_budget or 0) if options.sizes == "peer" else None
    loader = Loader(config, dataset, masking=policy, views=2, schedule=schedule)
    try:
        batches = loader.batches()
        measure_epoch(batches, loader.steps_per_epoch, dataset)
        epochs = [measure_epoch(batches, loader.steps_per_epoch, dataset) for _ in range(options.epochs)]
    finally:
        loader.close()
    # Workers read in processes of their own, which this one's clock does not see.
    names = list(epochs[0]) if options.workers == 0 else ["samples_per_s"]
    medians = {name: round(statistics.median(epoch[name] for epoch in epochs), 2) for name in names}
    print(json.dumps({"workers": options.workers, "batch": options.batch, "sizes": options.sizes, **medians}))


if __name__ == "__main__":
    main()

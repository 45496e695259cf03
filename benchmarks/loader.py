"""How many samples per second does the loader give on one core, and where does the time go?

    python benchmarks/loader.py FOLDER [--batch 32] [--epochs 3] [--workers 0] [--sizes peer|drawn]
    python benchmarks/loader.py --make 64 --repeats 10 --workers 12 --device cuda --sizes drawn

FOLDER is that of an H5 set with the sensors of the v1 recipes; `--make` makes one of noise for as long as it is needed.
With `--device` each batch is sent there and waited for, and the line tells how long that takes. Settings are those of
the recipes: a budget of 2,250 tokens, patches of 1 to 8 cells, windows of 1 to 12 patches, two views masked by
`modality_cross_random`. `--sizes peer` takes the window sizes that OlmoEarth Pretrain draws with its own seed in its
first epoch of 256 samples, so that both read the same pixels. Prints one JSON line with medians over the epochs; the
first pass over the files is not counted.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from device_clock import wait_for
from make_set import make_set

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


def measure_epoch(
    batches: Iterator[Batch], steps: int, dataset: TimedTiles, device: torch.device | None
) -> dict[str, float]:
    """Take some batches; samples per second, CPU milliseconds, and milliseconds of reading and sending per sample."""
    dataset.seconds, sending, size, samples = 0.0, 0.0, 0, 0
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(steps):
        batch = next(batches)
        samples += len(batch)
        if device is not None:
            sent = time.perf_counter()
            batch.to(device)
            wait_for(device)
            sending += time.perf_counter() - sent
            size += sum(values.nbytes for values in batch.pixels.values())
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    there = {"to_device_ms": 1e3 * sending / samples, "mb": size / 1e6 / samples} if device is not None else {}
    return {
        "samples_per_s": samples / wall,
        "cpu_ms": 1e3 * cpu / samples,
        "read_ms": 1e3 * dataset.seconds / samples,
        "rest_ms": 1e3 * (wall - dataset.seconds) / samples,
        **there,
    }


def measure(folder: Path, options: argparse.Namespace) -> dict[str, float]:
    """Medians over the epochs."""
    config = TileLoaderConfig(
        global_batch_size=options.batch, num_workers=options.workers, num_dataset_repeats_per_epoch=options.repeats
    )
    dataset = TimedTiles(folder, (*ENCODED, *DECODED_ONLY))
    masking: Any = MASKING.get("modality_cross_random")
    policy = masking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=DECODED_ONLY).build()
    schedule = PeerSizes(dataset, config.token_budget or 0) if options.sizes == "peer" else None
    device = torch.device(options.device) if options.device else None
    loader = Loader(config, dataset, masking=policy, views=2, schedule=schedule)
    try:
        batches = loader.batches()
        measure_epoch(batches, loader.steps_per_epoch, dataset, device)
        epochs = [measure_epoch(batches, loader.steps_per_epoch, dataset, device) for _ in range(options.epochs)]
    finally:
        loader.close()
    # Workers read in processes of their own, which this one's clock does not see.
    unseen = () if options.workers == 0 else ("cpu_ms", "read_ms", "rest_ms")
    names = [name for name in epochs[0] if name not in unseen]
    return {name: round(statistics.median(epoch[name] for epoch in epochs), 3) for name in names}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--make", type=int, metavar="N", help="samples of a set of noise, without FOLDER")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=1, help="passes over the samples that make one epoch")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--sizes", choices=("peer", "drawn"), default="peer")
    parser.add_argument("--device", help="where batches are sent; nowhere if unset")
    options = parser.parse_args()
    if (options.folder is None) == (options.make is None):
        parser.error("give either FOLDER or --make")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        medians = measure(options.folder or make_set(Path(work), options.make), options)
    line = {"workers": options.workers, "batch": options.batch, "sizes": options.sizes, **medians}
    print(json.dumps(line if options.device is None else {**line, "device": options.device}))


if __name__ == "__main__":
    main()

"""How long does a train step take, and how much memory?

    python benchmarks/train_step.py [--size nano] [--inputs FILE.npz] [--steps 5] [--threads 2] [--attention packed]

A step is what the trainer does: forward and backward of two views, clipping, AdamW. The window is the largest square
with 12 months in the official token budget (5 x 5 patches of 4 cells), model and objective are those of the v1 recipes.
Without `--inputs` the batch is random and complete; with a file of `train_step_inputs.py`, batch and weights are those
of OlmoEarth Pretrain, and `loss` is to equal `loss_peer`. Prints one JSON line.
"""

import argparse
import json
import resource
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from spacenit_core.kinds.attention import ATTENTION
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.config import OlmoEarthEncoderConfig, PredictorConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import MISSING
from spacenit_train.losses.config import InfoNCEConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.runners.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.contrastive_latent_mim import ContrastiveLatentMIM

ENCODED = ("sentinel2_l2a", "sentinel1", "landsat")
DECODED_ONLY = ("worldcover", "srtm", "openstreetmap_raster", "wri_canopy_height_map", "cdl", "worldcereal")
SIZES = {"nano": (128, 4, 8, 4), "tiny": (192, 12, 3, 4), "base": (768, 12, 12, 4)}
"""Width, depth and heads of the encoder, depth of the decoder."""


def build(size: str, sensors: SensorSet, attention: str) -> ContrastiveLatentMIM:
    """The runner of a v1 recipe."""
    width, depth, heads, decoder_depth = SIZES[size]
    backend = ATTENTION.get(attention)()
    encoder = OlmoEarthEncoderConfig(embedding_size=width, depth=depth, num_heads=heads, attention=backend)
    decoder = PredictorConfig(embedding_size=width, depth=decoder_depth, num_heads=heads)
    model = LatentMIMConfig(encoder=encoder, decoder=decoder).build(sensors)
    return ContrastiveLatentMIMConfig(contrastive=InfoNCEConfig(weight=0.1)).build(model)


def random_batch(sensors: SensorSet, size: int) -> Batch:
    """A complete batch of noise, masked as in the v1 recipes."""
    layout = TokenLayout.of(sensors, rows=5, columns=5, steps=12, patch_size=4)
    policy = ModalityCrossRandomMasking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=DECODED_ONLY)
    missing = np.zeros((size, len(layout)), dtype=bool)
    views = [policy(layout, missing, Draws(0, 0, f"view {view}", range(size), size)) for view in range(2)]
    months = torch.tensor([[1, month, 2020] for month in range(12)])
    return Batch(
        pixels={spec.name: torch.rand(size, *spec.shape(20, 20, 12)) for spec in sensors},
        timestamps=months.expand(size, -1, -1),
        layout=layout,
        visibility=torch.from_numpy(np.stack(views)),
    )


def peer_batch(arrays: dict[str, np.ndarray], sensors: SensorSet) -> Batch:
    """The batch of OlmoEarth Pretrain."""
    _, _, rows, columns, steps, _ = arrays["mask/sentinel2_l2a"].shape
    layout = TokenLayout.of(sensors, rows=rows, columns=columns, steps=steps, patch_size=int(arrays["patch_size"]))
    pixels = {spec.name: arrays[f"pixels/{spec.name}"] for spec in sensors}
    masks = [arrays[f"mask/{spec.name}"] for spec in sensors]
    return Batch(
        pixels={name: torch.from_numpy(np.where(value == MISSING, 0, value)) for name, value in pixels.items()},
        timestamps=torch.from_numpy(arrays["timestamps"]),
        layout=layout,
        visibility=torch.from_numpy(np.concatenate([mask.reshape(*mask.shape[:2], -1) for mask in masks], axis=2)),
    )


def measure(runner: ContrastiveLatentMIM, batch: Batch, *, steps: int, warmup: int) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of each step."""
    optimizer = runner.config.optim.build(runner)
    wall, cpu = [], []
    for _ in range(warmup + steps):
        torch.manual_seed(0)
        began, began_cpu = time.perf_counter(), time.process_time()
        optimizer.zero_grad()
        runner(batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(runner.parameters(), 1.0)
        optimizer.step()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    return wall[warmup:], cpu[warmup:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--size", choices=SIZES, default="nano")
    parser.add_argument("--inputs", type=Path)
    parser.add_argument("--batch", type=int, default=16, help="samples, without --inputs")
    parser.add_argument("--attention", default="packed")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    sensors = SensorSet.of([*ENCODED, *DECODED_ONLY])
    runner = build(options.size, sensors, options.attention)
    result: dict[str, object] = {"size": options.size, "attention": options.attention, "threads": options.threads}
    if options.inputs is None:
        batch = random_batch(sensors, options.batch)
    else:
        with np.load(options.inputs) as file:
            arrays = dict(file)
        batch = peer_batch(arrays, sensors)
        weights = {k.removeprefix("weight/"): torch.from_numpy(v) for k, v in arrays.items() if k.startswith("weight/")}
        runner.model.load_state_dict(weights)
        result["loss_peer"] = float(arrays["loss"])
    with torch.no_grad():
        # Evaluation switches drop path off and changes nothing else.
        result["loss"] = float(runner.eval()(batch).loss)
    wall, cpu = measure(runner.train(), batch, steps=options.steps, warmup=options.warmup)
    result |= {"batch": len(batch), "step_s": statistics.median(wall), "step_cpu_s": statistics.median(cpu)}
    result |= {"samples_per_s": len(batch) / statistics.median(wall), "steps_s": [round(s, 3) for s in wall]}
    result["peak_rss_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(json.dumps(result))


if __name__ == "__main__":
    main()

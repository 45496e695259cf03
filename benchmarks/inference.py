"""How fast does an encoder encode?

    python benchmarks/inference.py nano tiny [--threads 2] [--attention packed] [--profile]
    python benchmarks/inference.py nano tiny base --device cuda --precision bfloat16 --attention auto --batch 16

Sentinel-2 alone, 12 months, windows of 64 x 64 cells, nothing missing; v1 and v1.2, patches of 8 and 4 cells, batch 8
where one call stays below about 2 TFLOP. Prints one JSON line per case, with what the encoder needs (`model_flop.py`);
with `--profile` the line says which share of the time attention, matrix products and everything else take on a CPU.
"""

import argparse
import json
import statistics
from typing import Any

import torch
from attrs import evolve
from device_clock import computing_in, seconds_of
from model_flop import NOWHERE, model_flop
from torch.profiler import ProfilerActivity, profile

from spacenit_core.kinds.attention import ATTENTION
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.nn.encoder import Encoder
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import ENCODE
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.tile_experiment import TileExperiment

CELLS, STEPS = 64, 12
RECIPE = {"v1": "{}", "v12": "v1_2_{}"}
PRODUCTS = ("aten::addmm", "aten::mm", "aten::bmm")
BATCH = {("nano", 8): 8, ("nano", 4): 8, ("tiny", 8): 8, ("tiny", 4): 2, ("base", 8): 2, ("base", 4): 1}


def encoder_of(experiment: TileExperiment, attention: str) -> Encoder:
    """The recipe's encoder for Sentinel-2, with random weights."""
    backend = ATTENTION.get(attention)()
    config = evolve(experiment.model.encoder, attention=backend, band_dropout_rate=0.0, random_band_dropout=False)
    config = evolve(config, band_dropout_modalities=None)
    if config.patch_embed_hidden_sizes:
        # The peer's measuring scripts give all sizes the hidden layer of the larger ones.
        config = evolve(config, patch_embed_hidden_sizes=(64,))
    torch.manual_seed(0)
    return config.build(sentinel2(experiment)).eval()


def sentinel2(experiment: TileExperiment) -> SensorSet:
    """Sentinel-2 with the recipe's band groups."""
    return SensorSet(tuple(spec for spec in experiment.sensor_set if spec.name == "sentinel2_l2a"))


def batch_of(sensors: SensorSet, size: int, patch: int) -> Batch:
    """A complete batch of noise of which all is encoded."""
    rows = CELLS // patch
    layout = TokenLayout.of(sensors, rows=rows, columns=rows, timesteps=STEPS, patch_size=patch)
    generator = torch.Generator().manual_seed(0)
    return Batch(
        pixels={
            spec.name: torch.randn(size, *spec.shape(CELLS, CELLS, STEPS), generator=generator) for spec in sensors
        },
        timestamps=torch.tensor([[1, month, 2020] for month in range(STEPS)]).expand(size, -1, -1),
        layout=layout,
        visibility=torch.full((1, size, len(layout)), ENCODE, dtype=torch.uint8),
    )


def measure(encoder: Encoder, batch: Batch, repeats: int, precision: str) -> list[float]:
    """Seconds of each call, without the first."""
    with torch.inference_mode(), computing_in(precision, batch.device):
        return seconds_of(lambda: encoder(batch, batch.visibility[0]), batch.device, repeats=repeats)


def flop_of(encoder: Encoder, batch: Batch) -> int:
    """What a call needs; the encoder has lost its weights then."""
    away = batch.to(NOWHERE)
    with torch.no_grad():
        return model_flop(encoder, lambda: encoder(away, away.visibility[0]))


def shares(encoder: Encoder, batch: Batch) -> dict[str, float]:
    """Of the time of one call: that of attention, of matrix products, and of the rest."""
    with torch.inference_mode(), profile(activities=[ProfilerActivity.CPU]) as profiler:
        encoder(batch, batch.visibility[0])
    spent = {event.key: event.self_cpu_time_total for event in profiler.key_averages()}
    whole = sum(spent.values())
    attention = sum(time for name, time in spent.items() if "scaled_dot_product" in name) / whole
    products = sum(time for name, time in spent.items() if name in PRODUCTS) / whole
    return {"attention": attention, "products": products, "rest": 1 - attention - products}


def case(experiment: TileExperiment, size: str, patch: int, options: argparse.Namespace) -> dict[str, Any]:
    """What is measured of one encoder and patch size."""
    device = torch.device(options.device)
    encoder = encoder_of(experiment, options.attention).to(device)
    batch = batch_of(sentinel2(experiment), options.batch or BATCH[size, patch], patch).to(device)
    seconds = statistics.median(measure(encoder, batch, options.repeats, options.precision))
    found: dict[str, Any] = shares(encoder, batch) if options.profile else {}
    tflop = flop_of(encoder, batch) / 1e12
    found |= {"batch_s": seconds, "samples_per_s": len(batch) / seconds}
    return {"batch": len(batch), **found, "model_tflop": tflop, "model_tflop_per_s": tflop / seconds}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sizes", nargs="+", choices=["nano", "tiny", "base"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--attention", default="packed")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--batch", type=int, help="samples per call")
    parser.add_argument("--patches", type=int, nargs="+", default=[8, 4], help="cells a side")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    for version, recipe in RECIPE.items():
        for size in options.sizes:
            experiment = RECIPES.get(recipe.format(size))()
            for patch in options.patches:
                line: dict[str, Any] = {"version": version, "size": size, "patch": patch}
                line |= {"device": options.device, "precision": options.precision, "attention": options.attention}
                try:
                    line |= case(experiment, size, patch, options)
                except torch.OutOfMemoryError:
                    line["error"] = "the device has not enough memory"
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

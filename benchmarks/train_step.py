"""How long does a train step take, and how much memory?

    python benchmarks/train_step.py [--recipe nano] [--inputs FOLDER] [--steps 5] [--threads 2] [--attention packed]
    python benchmarks/train_step.py --device cuda --precision bfloat16 --attention auto --recipe nano tiny base

A step is what the trainer does: forward and backward of two views, clipping, AdamW. The window is a square with 12
months in the official token budget (5 x 5 patches of 4 cells). Without `--inputs` the batch is random and complete;
with a folder of `train_step_inputs.py`, batch and weights are those of OlmoEarth Pretrain, and `loss` is to equal
`loss_peer`. Prints one JSON line per recipe. `model_tflop` is what the step needs, without padding and without what is
computed twice to save memory (`model_flop.py`); `host_waits` counts what made the host wait for a GPU in one step.
"""

import argparse
import json
import resource
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import evolve
from device_clock import computing_in, peak_gb, wait_for
from model_flop import NOWHERE, model_flop
from torch import nn

from spacenit_core import load_model
from spacenit_core.kinds.attention import ATTENTION
from spacenit_core.kinds.masking import MaskingPolicy
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.nn.band_dropout import enable_band_dropout
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_train.tile_experiment import TileExperiment


def build(experiment: TileExperiment, inputs: Path | None) -> nn.Module:
    """The runner of a recipe as the trainer has it, with random weights or those of a folder."""
    model = experiment.model.build(experiment.sensor_set)
    if inputs is not None:
        # Of the released whole target only what the recipe's target has is read.
        weights = load_model(inputs).model.state_dict()
        model.load_state_dict({name: weights[name] for name in model.state_dict()})
    enable_band_dropout(model.encoder)
    return experiment.train_module.build(model)


def chosen(options: argparse.Namespace) -> TileExperiment:
    """The recipe with the attention backend and the memory policy of the command line."""
    experiment = RECIPES.get(options.recipe)().derived()
    encoder = evolve(experiment.model.encoder, attention=ATTENTION.get(options.attention)())
    if options.inputs is not None and encoder.patch_embed_hidden_sizes:
        # The peer's measuring scripts give all sizes the hidden layer of the larger ones.
        encoder = evolve(encoder, patch_embed_hidden_sizes=(64,))
    module = evolve(experiment.train_module, memory=options.memory) if options.memory else experiment.train_module
    return evolve(experiment, model=evolve(experiment.model, encoder=encoder), train_module=module)


def random_batch(sensors: SensorSet, policy: MaskingPolicy, size: int, patches: int = 5, steps: int = 12) -> Batch:
    """A complete batch of noise, in windows of `patches` x `patches`."""
    layout = TokenLayout.of(sensors, rows=patches, columns=patches, timesteps=steps, patch_size=4)
    missing = np.zeros((size, len(layout)), dtype=bool)
    views = [policy(layout, missing, Draws(0, 0, f"view {view}", range(size), size)) for view in range(2)]
    months = torch.tensor([[1, month, 2020] for month in range(steps)])
    side = 4 * patches
    return Batch(
        pixels={spec.name: torch.rand(size, *spec.shape(side, side, steps)) for spec in sensors},
        timestamps=months.expand(size, -1, -1),
        layout=layout,
        visibility=torch.from_numpy(np.stack(views)),
    )


def peer_batch(arrays: dict[str, np.ndarray], sensors: SensorSet) -> Batch:
    """The batch of OlmoEarth Pretrain."""
    _, _, rows, columns, steps, _ = arrays["mask/sentinel2_l2a"].shape
    layout = TokenLayout.of(sensors, rows=rows, columns=columns, timesteps=steps, patch_size=int(arrays["patch_size"]))
    pixels = {spec.name: arrays[f"pixels/{spec.name}"] for spec in sensors}
    masks = [arrays[f"mask/{spec.name}"] for spec in sensors]
    return Batch(
        pixels={name: torch.from_numpy(np.where(value == NODATA, 0, value)) for name, value in pixels.items()},
        timestamps=torch.from_numpy(arrays["timestamps"]),
        layout=layout,
        visibility=torch.from_numpy(np.concatenate([mask.reshape(*mask.shape[:2], -1) for mask in masks], axis=2)),
    )


def update(runner: nn.Module, batch: Batch, optimizer: torch.optim.Optimizer, precision: str) -> None:
    """One step from a batch in host memory."""
    device = next(runner.parameters()).device
    torch.manual_seed(0)
    optimizer.zero_grad()
    with computing_in(precision, device):
        loss = runner(batch.to(device)).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(runner.parameters(), 1.0)
    optimizer.step()


def measure(step: Callable[[], None], device: torch.device, *, steps: int, warmup: int) -> dict[str, Any]:
    """Medians of the wall and CPU seconds of some steps, and the wall seconds of each."""
    wall, cpu = [], []
    for _ in range(warmup + steps):
        began, began_cpu = time.perf_counter(), time.process_time()
        step()
        wait_for(device)
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - began_cpu)
    wall, cpu = wall[warmup:], cpu[warmup:]
    medians = {"step_s": statistics.median(wall), "step_cpu_s": statistics.median(cpu)}
    return {**medians, "steps_s": [round(seconds, 3) for seconds in wall]}


def host_waits(step: Callable[[], None]) -> int:
    """How often a step makes the host wait for a GPU, as torch sees it."""
    torch.cuda.set_sync_debug_mode("warn")
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        step()
    torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(warning.message) for warning in found)


def prepared(options: argparse.Namespace, experiment: TileExperiment) -> tuple[Batch, dict[str, Any]]:
    """The batch of the command line, and what it says of the peer's loss."""
    if options.inputs is None:
        masking = experiment.train_module.masking.build()
        return random_batch(experiment.sensor_set, masking, options.batch), {}
    with np.load(options.inputs / "batch.npz") as file:
        arrays = dict(file)
    return peer_batch(arrays, experiment.sensor_set), {"loss_peer": float(arrays["loss"])}


def case(options: argparse.Namespace) -> dict[str, Any]:
    """A recipe's line."""
    device = torch.device(options.device)
    torch.manual_seed(0)
    experiment = chosen(options)
    runner = build(experiment, options.inputs).to(device)
    batch, result = prepared(options, experiment)
    with torch.no_grad(), computing_in(options.precision, device):
        # Evaluation switches drop path and band dropout off and changes nothing else.
        result["loss"] = float(runner.eval()(batch.to(device)).loss)
    runner.train()
    optimizer = runner.config.optim.build(runner)
    here = batch.pin_memory() if device.type == "cuda" else batch
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)

    def step() -> None:
        update(runner, here, optimizer, options.precision)

    measured = measure(step, device, steps=options.steps, warmup=options.warmup)
    result |= {"batch": len(batch), **measured, "samples_per_s": len(batch) / measured["step_s"]}
    if device.type == "cuda":
        result |= {"host_waits": host_waits(step), "peak_gb": peak_gb(device)}
    result["peak_rss_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    if experiment.train_module.memory == "together":
        tflop = model_flop(runner, lambda: runner(batch.to(NOWHERE)).loss.backward()) / 1e12
        result |= {"model_tflop": tflop, "model_tflop_per_s": tflop / measured["step_s"]}
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", nargs="+", default=["nano"])
    parser.add_argument("--inputs", type=Path)
    parser.add_argument("--batch", type=int, default=16, help="samples, without --inputs")
    parser.add_argument("--attention", default="packed")
    parser.add_argument("--memory", help="train_module.memory; the recipe's if unset")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    for recipe in options.recipe:
        one = argparse.Namespace(**{**vars(options), "recipe": recipe})
        names = ("recipe", "attention", "memory", "threads", "device", "precision")
        line: dict[str, Any] = {name: getattr(one, name) for name in names}
        try:
            line |= case(one)
        except torch.OutOfMemoryError:
            line["error"] = "the device has not enough memory"
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()

"""Do SpaceNit and OlmoEarth Pretrain learn the same from the same batches?

    python benchmarks/same_learning.py SET_FOLDER --peer-python PYTHON --peer-scripts DIR --version v1 --out FOLDER

OlmoEarth Pretrain makes 300 batches with masks from the set (batch 8, windows of 2 x 2 patches of 4 cells, 12 months)
and the weights of a nano model, target included. Both sides load these weights and learn from these batches, in the
same order, with the same learning rates; drop path and band dropout are 0. Prints one JSON line: the largest relative
difference of the losses over the first 20 steps, and that of the means of the last 30. Writes both curves to FOLDER.
With `--seeds 3` both sides also learn from weights, batches and masks of their own: the spread that chance makes.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import evolve
from torch import nn
from train_step import peer_batch

from spacenit_core import load_model
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.samples.batch import Batch
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.loader.loader import Loader
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup

RECIPE = {"v1": "nano", "v12": "v1_2_nano"}
SCHEDULE = CosineWithWarmup(warmup_steps=30, alpha_f=0.1)
PEAK = 1e-3
FIRST, LAST = 20, 30


def learn(
    runner: nn.Module, optimizer: torch.optim.Optimizer, batches: Iterable[Batch], rates: list[float]
) -> list[float]:
    """The loss of each step."""
    losses = []
    for batch, rate in zip(batches, rates, strict=False):
        optimizer.zero_grad()
        loss = runner(batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(runner.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        losses.append(loss.item())
    return losses


def experiment_of(version: str) -> Any:
    """The official nano recipe without drop path and band dropout."""
    experiment = RECIPES.get(RECIPE[version])()
    encoder = evolve(experiment.model.encoder, drop_path=0.0, band_dropout_rate=0.0)
    if encoder.patch_embed_hidden_sizes:
        # The peer's measuring scripts give all sizes the hidden layer of the larger ones.
        encoder = evolve(encoder, patch_embed_hidden_sizes=(64,))
    return evolve(experiment, model=evolve(experiment.model, encoder=encoder))


def learn_paired(version: str, folder: Path, rates: list[float]) -> list[float]:
    """From the weights and the batches in a folder."""
    experiment = experiment_of(version)
    model = load_model(folder).model
    runner = experiment.train_module.build(model).train()
    files = sorted(folder.glob("batch*.npz"))
    batches = (peer_batch(dict(np.load(file)), experiment.sensor_set) for file in files)
    return learn(runner, experiment.train_module.optim.build(runner), batches, rates)


def learn_alone(version: str, data: Path, rates: list[float], seed: int, window: dict[str, int]) -> list[float]:
    """From weights, batches and masks of our own."""
    experiment = experiment_of(version)
    module, sensors = experiment.train_module, experiment.sensor_set
    settings = evolve(
        experiment.data_loader,
        global_batch_size=window["batch"],
        sampled_hw_p_list=(window["patches"],),
        min_patch_size=window["patch_size"],
        max_patch_size=window["patch_size"],
        num_workers=0,
        seed=seed,
    )
    dataset = H5Tiles(h5py_dir=data, training_modalities=sensors)
    loader = Loader(settings, dataset, masking=[policy.build() for policy in module.masking_of_views()])
    torch.manual_seed(seed)
    runner = module.build(experiment.model.build(sensors)).train()
    losses = learn(runner, module.optim.build(runner), loader.batches(0), rates)
    loader.close()
    return losses


def run_peer(options: argparse.Namespace, what: str, *more: str) -> None:
    """Run the other side."""
    script = Path(__file__).with_name("same_learning_peer.py")
    command = [
        str(options.peer_python),
        str(script),
        what,
        str(options.out),
        "--peer-scripts",
        str(options.peer_scripts),
    ]
    command += ["--version", options.version, "--steps", str(options.steps), "--batch", str(options.batch), *more]
    environment = {**os.environ, "H5DIR": str(options.folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")


def draw(curves: dict[str, list[float]], path: Path) -> None:
    """Both curves over each other, and their relative difference."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(8, 6), sharex=True, height_ratios=(3, 1))
    for (name, losses), style in zip(curves.items(), ("-", "--"), strict=True):
        above.plot(losses, style, label=name, linewidth=1)
    above.set_ylabel("loss")
    above.legend()
    below.semilogy(relative(*curves.values()), linewidth=1)
    below.set_ylabel("relative difference")
    below.set_xlabel("step")
    figure.savefig(path, dpi=120, bbox_inches="tight")


def relative(first: list[float], second: list[float]) -> list[float]:
    """Step by step, relative to the first."""
    return [max(abs(b - a) / abs(a), 1e-9) for a, b in zip(first, second, strict=True)]


def main() -> None:
    """Learn on both sides and compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="the set in the peer's layout")
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--peer-scripts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", choices=RECIPE, default="v1")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=0, help="unpaired runs on each side")
    options = parser.parse_args()

    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    rates = [SCHEDULE.lr(PEAK, step + 1, options.steps) for step in range(options.steps)]
    (options.out / "rates.json").write_text(json.dumps(rates))
    run_peer(options, "make")
    run_peer(options, "train")
    curves = {
        "OlmoEarth Pretrain": json.loads((options.out / "losses_peer.json").read_text()),
        "SpaceNit": learn_paired(options.version, options.out, rates),
    }
    (options.out / "losses.json").write_text(json.dumps(curves))
    draw(curves, options.out / "losses.png")
    peer, ours = curves.values()
    ends = [statistics.mean(losses[-LAST:]) for losses in (peer, ours)]
    result: dict[str, Any] = {
        "version": options.version,
        "steps": len(ours),
        "first_loss": [peer[0], ours[0]],
        "largest_difference_of_first_steps": max(relative(peer[:FIRST], ours[:FIRST])),
        "mean_of_last_steps": ends,
        "difference_of_last_steps": relative(*([end] for end in ends))[0],
    }
    if options.seeds:
        window = {"batch": options.batch, "patches": 2, "patch_size": 4}
        alone: dict[str, list[float]] = {"peer": [], "ours": []}
        for seed in range(1, options.seeds + 1):
            run_peer(options, "train", "--seed", str(seed))
            theirs = json.loads((options.out / f"losses_peer_seed{seed}.json").read_text())
            alone["peer"].append(statistics.mean(theirs[-LAST:]))
            own = learn_alone(options.version, options.folder, rates, seed, window)
            alone["ours"].append(statistics.mean(own[-LAST:]))
        result["unpaired_mean_of_last_steps"] = alone
    assert all(map(math.isfinite, (*peer, *ours)))
    print(json.dumps(result))


if __name__ == "__main__":
    main()

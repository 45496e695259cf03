"""Write the model, the batch and the loss of OlmoEarth Pretrain's train step, for `train_step.py --inputs`.

    H5DIR=SET_FOLDER PEER_PYTHON benchmarks/train_step_inputs.py FOLDER --peer-scripts DIR [--size nano] [--version v1]

The loss is taken without drop path and band dropout, as it would be random otherwise.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import peer_side
import torch


def loss_of(train_module: Any, batch: tuple[int, Any, Any]) -> float:
    """The loss of the step."""
    train_module.model.train()
    patch, *views = batch
    with torch.no_grad():
        results = [train_module.model_forward(view, patch, train_module.token_exit_cfg) for view in views]
        contrast = train_module.contrastive_loss.compute(*(result[-1] for result in results))
        return float((results[0][0] + results[1][0]) / 2 + contrast)


def main() -> None:
    """Write config.json, weights.pth and batch.npz."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer-scripts", type=Path, required=True)
    parser.add_argument("--size", default="nano")
    parser.add_argument("--version", choices=["v1", "v12"], default="v1")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patch-size", type=int, default=4)
    parser.add_argument("--patches", type=int, default=5)
    options = parser.parse_args()
    peer_side.use(options.peer_scripts)
    import make_batch

    batch = make_batch.get(options.version, options.patch_size, options.patches, options.batch)
    train_module = peer_side.train_module(options.size, options.version)
    peer_side.write_model(options.folder, train_module.model, options.size, options.version)
    loss = np.float64(loss_of(train_module, batch))
    np.savez(options.folder / "batch.npz", loss=loss, **peer_side.arrays_of(batch))


if __name__ == "__main__":
    main()

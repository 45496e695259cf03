"""OlmoEarth Pretrain's side of `same_learning.py`: make the batches and the weights, or learn from them.

    H5DIR=SET_FOLDER PEER_PYTHON benchmarks/same_learning_peer.py make  FOLDER --peer-scripts DIR --version v1
    H5DIR=SET_FOLDER PEER_PYTHON benchmarks/same_learning_peer.py train FOLDER --peer-scripts DIR --version v1

Nothing is random while it learns. With `--seed` it learns from weights, batches and masks of its own instead.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import peer_side
import torch


def make_batches(version: str, *, steps: int, batch: int, patches: int, patch_size: int, seed: int) -> Iterable[Any]:
    """Batches of the peer's own dataset, crops, normalisation and masks, one after the other."""
    import peer_cfg
    from olmoearth_pretrain.data.dataset import GetItemArgs

    np.random.seed(seed)
    torch.manual_seed(seed)
    dataset = peer_cfg.dataset()
    collate = peer_cfg.loader(version, batch, 0, ds=dataset).collator
    order = np.random.default_rng(seed)
    for _ in range(steps):
        rows = order.choice(len(dataset), batch, replace=False)
        yield collate([dataset[GetItemArgs(int(i), patch_size, patches, 2250, peer_cfg.tok(version))] for i in rows])


def learn(train_module: Any, batches: Iterable[Any], rates: list[float]) -> list[float]:
    """The loss of each step, as it is given to `backward`."""
    losses: list[float] = []
    backward = torch.Tensor.backward

    def noted(loss: torch.Tensor, *args: Any, **options: Any) -> None:
        losses.append(float(loss.detach()))
        backward(loss, *args, **options)

    torch.Tensor.backward = noted  # type: ignore[method-assign]
    for batch, rate in zip(batches, rates, strict=True):
        train_module.zero_grads()
        train_module.train_batch(batch, dry_run=True)
        torch.nn.utils.clip_grad_norm_(train_module.model.parameters(), 1.0)
        for group in train_module.optimizer.param_groups:
            group["lr"] = rate
        train_module.optimizer.step()
    return losses


def main() -> None:
    """Make, or learn and write `losses_peer.json`."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", choices=["make", "train"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer-scripts", type=Path, required=True)
    parser.add_argument("--version", choices=["v1", "v12"], default="v1")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--patches", type=int, default=2)
    parser.add_argument("--patch-size", type=int, default=4)
    parser.add_argument("--seed", type=int)
    options = parser.parse_args()
    peer_side.use(options.peer_scripts)
    torch.set_num_threads(1)

    seed = options.seed or 0
    train_module = peer_side.train_module("nano", options.version, seed)
    window = {"steps": options.steps, "batch": options.batch, "patches": options.patches}
    batches = make_batches(options.version, **window, patch_size=options.patch_size, seed=seed)
    if options.what == "make":
        peer_side.write_model(options.folder, train_module.model, "nano", options.version)
        for number, batch in enumerate(batches):
            np.savez(options.folder / f"batch{number:04d}.npz", **peer_side.arrays_of(batch))
        return
    rates = json.loads((options.folder / "rates.json").read_text())
    name = "losses_peer.json" if options.seed is None else f"losses_peer_seed{seed}.json"
    if options.seed is None:
        files = [options.folder / f"batch{number:04d}.npz" for number in range(options.steps)]
        train_module.model.load_state_dict(torch.load(options.folder / "weights.pth", weights_only=True))
        batches = (peer_side.batch_of(dict(np.load(file))) for file in files)
    (options.folder / name).write_text(json.dumps(learn(train_module, batches, rates)))


if __name__ == "__main__":
    main()

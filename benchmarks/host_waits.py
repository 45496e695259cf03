"""Where does the host wait for the device in a train step?

    python benchmarks/host_waits.py [--recipe nano] [--batch 4] [--attention packed]

Counts, from sending one micro-batch to the optimizer's step, what makes the host wait for a GPU: values and sizes that
are asked of it, and copies that are not sent ahead. Runs on a CPU, on a device that keeps its values in host memory
(`waiting_device.py`). Prints one line per place in our code, the most frequent first, and their sum.
"""

import argparse
from collections import Counter

import torch
from attrs import evolve
from torch import nn
from train_step import build, chosen, random_batch
from waiting_device import NAME, HostWaits

from spacenit_core.samples.batch import Batch
from spacenit_core.samples.visibility import ENCODE


def waits_of(runner: nn.Module, batch: Batch) -> tuple[Counter[tuple[str, str]], float]:
    """What a micro-batch makes the host wait for, and its loss.

    Args:
        runner: in host memory; in use it is on the device.
        batch: in host memory.
    """
    with HostWaits() as waits:
        runner = runner.to(NAME)
        # What is looked at once, in the first step of a run, does not count.
        runner(batch.to(NAME)).loss.backward()
        waits.found.clear()
        torch.manual_seed(0)
        result = runner(batch.to(NAME))
        result.loss.backward()
        nn.utils.clip_grad_norm_(runner.parameters(), 1.0)
        counted = Counter(waits.found)
        return counted, float(result.loss.detach().to("cpu"))


def with_a_hidden_sample(batch: Batch) -> Batch:
    """The same batch, but the first view of the last sample encodes nothing."""
    visibility = batch.visibility.clone()
    visibility[0, -1][visibility[0, -1] == ENCODE] = 1
    return evolve(batch, visibility=visibility)


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", default="nano")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--attention", default="packed")
    options = parser.parse_args()
    options.inputs, options.memory = None, None

    torch.manual_seed(0)
    experiment = chosen(options)
    runner = build(experiment, None).train()
    batch = random_batch(experiment.sensor_set, experiment.train_module.masking.build(), options.batch)
    found, _ = waits_of(runner, batch)
    for (name, place), count in found.most_common():
        print(f"{count:3} {name:20} {place}")
    print(f"{found.total():3} in all")


if __name__ == "__main__":
    main()

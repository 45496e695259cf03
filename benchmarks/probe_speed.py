"""How fast the linear probe trains several learning rates in one pass (docs/performance.md).

    python benchmarks/probe_speed.py [--batch 32] [--classes 10] [--rounds 3] [--epochs 1]
    python benchmarks/probe_speed.py --grid --batch 128

20,000 training vectors of 768 numbers, 5,000 for validation and 5,000 to test; one thread, CPU seconds. By default the
eight rates of the reference's grid in one pass beside eight passes of one rate, in turn, medians over the rounds: the
ratio, and how far scores and predictions are apart. With --grid the whole grid, all of its epochs: two normalisations
and two poolings of vectors that are at hand, eight rates each, and kNN of all four.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median
from typing import cast

import numpy as np
import torch
from attrs import evolve

from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import EmbeddedPart, LabelledSplit, Prediction
from spacenit_evals.protocols.linear_probe import LinearProbe
from spacenit_evals.protocols.published_knn import KNN20

RATES = (1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1, 5e-1)
WIDTH, TRAIN, HELD_OUT = 768, 20_000, 5_000
CELLS = 4
NOTHING = cast(Embedder, None)


def split(classes: int, seed: int = 0) -> LabelledSplit:
    """Clouds that overlap, so that rates differ."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, WIDTH)) * 0.1

    def part(count: int) -> EmbeddedPart:
        labels = rng.integers(0, classes, count)
        vectors = (centres[labels] + rng.normal(size=(count, WIDTH))).astype(np.float32)
        return EmbeddedPart(labels=labels, groups=np.arange(count), vectors=vectors)

    train, validation, test = (part(count) for count in (TRAIN, HELD_OUT, HELD_OUT))
    return LabelledSplit(train=train, validation=validation, test=test, classes=classes)


def trained(config: LinearProbe, samples: LabelledSplit) -> dict[float, tuple[float, np.ndarray]]:
    """Rate -> its value on the validation samples, and the predicted classes."""
    found = config.build().predict_rates(NOTHING, samples)
    return {rate: (value, np.concatenate([one.values for one in parts])) for rate, (value, parts) in found.items()}


def cpu_seconds(action: Callable[[], object]) -> float:
    """What an action costs."""
    start = time.process_time()
    action()
    return time.process_time() - start


def compare(arguments: argparse.Namespace) -> None:
    """One pass beside eight."""
    samples = split(arguments.classes)
    config = LinearProbe(learning_rates=RATES, epochs=arguments.epochs, batch_size=arguments.batch)
    alone = [evolve(config, learning_rates=(rate,)) for rate in RATES]
    rounds = []
    for _ in range(arguments.rounds):
        together = cpu_seconds(lambda: trained(config, samples))
        rounds.append((together, sum(cpu_seconds(lambda one=one: trained(one, samples)) for one in alone)))
    steps = arguments.epochs * -(-TRAIN // arguments.batch)
    ratio = median(apart / together for together, apart in rounds)
    ours = median(together for together, _ in rounds) / steps * 1e3
    theirs = median(apart for _, apart in rounds) / steps / len(RATES) * 1e3
    print(
        f"{arguments.classes} classes, batches of {arguments.batch}: {ours:.2f} ms a step of eight rates, "
        f"{theirs:.2f} ms of one: {ratio:.2f} times as fast"
    )
    one_pass = trained(config, samples)
    apart = {rate: trained(one, samples)[rate] for rate, one in zip(RATES, alone, strict=True)}
    scores = max(abs(one_pass[rate][0] - apart[rate][0]) for rate in RATES)
    same = min(float((one_pass[rate][1] == apart[rate][1]).mean()) for rate in RATES)
    print(f"scores at most {scores:.1e} apart, predictions equal in {same:.2%} or more")


def grid(arguments: argparse.Namespace) -> None:
    """All of it."""
    config = LinearProbe(learning_rates=RATES, batch_size=arguments.batch, evaluation_interval=5)
    probes, neighbours = 0.0, 0.0
    for cell in range(CELLS):
        samples = split(arguments.classes, cell)
        probes += cpu_seconds(lambda samples=samples: trained(config, samples))
        neighbours += cpu_seconds(lambda samples=samples: nearest(samples))
    print(
        f"{arguments.classes} classes, batches of {arguments.batch}, {config.epochs} epochs: "
        f"{CELLS * len(RATES)} probes in {probes:.0f} CPU seconds, "
        f"kNN of {CELLS} in {neighbours:.0f}; {(probes + neighbours) / 60:.1f} minutes in all"
    )


def nearest(samples: LabelledSplit) -> object:
    """The predictions of kNN."""
    found = KNN20().build().predict(NOTHING, samples)
    return found if isinstance(found, np.ndarray | Prediction) else list(found)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--grid", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    grid(arguments) if arguments.grid else compare(arguments)


if __name__ == "__main__":
    main()

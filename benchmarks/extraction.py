"""How much longer the vectors of an evaluation take than the forward passes of the encoder alone (docs/performance.md).

    python benchmarks/extraction.py [--samples 32] [--rounds 5] [--size nano] [--kept]

Windows of 32 x 32 cells of Sentinel-2 and 1, twelve dates, that lie in memory, patches of 4 cells, batches of 128 at
most as in `evaluate`. "forward": the encoder on normalised batches that are there already. "extraction": `Embeddings`,
which normalises, collates, pools and sorts, with --kept also hashes samples and writes vectors. Both in turn; CPU and
wall seconds, medians.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from attrs import frozen

from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkFacts, Draw, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.embedders.batches import batch_of
from spacenit_evals.embedders.token_embedder import TokenEmbedder
from spacenit_evals.vectors.cache import EmbeddingCache
from spacenit_evals.vectors.embeddings import Embeddings, Keeping
from spacenit_train.recipes import v1

SIDE, DATES, PATCH_SIZE, BATCH_SIZE = 32, 12, 4, 128
SENSORS = ("sentinel2_l2a", "sentinel1")


@frozen(kw_only=True, eq=False)
class InMemory(Benchmark):
    """Samples that are read already."""

    windows: list[SampleWindow]
    inputs: ModelInputs

    @property
    def facts(self) -> BenchmarkFacts:
        return BenchmarkFacts(task="classification", classes=("a", "b"), sensors=self.inputs.sensors, version="1")

    @property
    def labels(self) -> np.ndarray:
        return np.arange(len(self.windows)) % 2

    @property
    def groups(self) -> np.ndarray:
        return np.arange(len(self.windows))

    @property
    def draws(self) -> Sequence[Draw]:
        test = np.arange(len(self.windows)) % 2 == 0
        return ((Split(~test, test),),)

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        chosen = self.numbers if numbers is None else numbers
        for start in range(0, len(chosen), batch_size):
            here = chosen[start : start + batch_size]
            yield here, [self.windows[int(number)] for number in here]


def windows(count: int, sensors: SensorSet) -> list[SampleWindow]:
    """Noise in stored units."""
    rng = np.random.default_rng(0)
    scale = {"sentinel2_l2a": (1500, 400, np.uint16), "sentinel1": (-12, 3, np.float32)}
    timestamps = np.array([[1, month, 2020] for month in range(DATES)], np.int32)
    found = []
    for index in range(count):
        bands = {
            spec.name: rng.normal(*scale[spec.name][:2], (SIDE, SIDE, DATES, len(spec.bands))).astype(
                scale[spec.name][2]
            )
            for spec in sensors
        }
        present = dict.fromkeys(bands, np.ones(DATES, bool))
        latlon = np.zeros(2, np.float32)
        found.append(SampleWindow(index=index, bands=bands, present=present, timestamps=timestamps, latlon=latlon))
    return found


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", choices=("nano", "tiny", "base"), default="nano")
    parser.add_argument("--kept", action="store_true", help="keep vectors on the disk, too")
    arguments = parser.parse_args()
    torch.manual_seed(0)
    sensors = SensorSet.of(SENSORS)
    model = getattr(v1, arguments.size)().model.build(sensors)
    encoder = model.encoder.eval()
    inputs = ModelInputs(sensors=sensors, patch_size=PATCH_SIZE)
    benchmark = InMemory(windows=windows(arguments.samples, sensors), inputs=inputs)
    embedder = TokenEmbedder(encoder, inputs)
    batches = [batch_of(samples, inputs) for _, samples in benchmark.samples()]

    def forward() -> None:
        with torch.inference_mode():
            for batch in batches:
                encoder(batch, batch.visibility[0])

    def extraction() -> None:
        if not arguments.kept:
            Embeddings(benchmark, {"encoder": embedder})
            return
        with tempfile.TemporaryDirectory() as folder:
            cache = EmbeddingCache(Path(folder))
            Embeddings(
                benchmark,
                {"encoder": embedder},
                keeping=Keeping(cache=cache, benchmark="b", identities={"encoder": "{}"}),
            )

    forward()
    extraction()
    rounds = [(timed(forward), timed(extraction)) for _ in range(arguments.rounds)]
    for place, name in enumerate(("CPU", "wall")):
        alone, whole = (statistics.median(one[side][place] for one in rounds) for side in (0, 1))
        ratio = statistics.median(one[1][place] / one[0][place] for one in rounds)
        print(f"{name}: forward {alone:.2f} s, extraction {whole:.2f} s, ratio {ratio:.3f} (median of {len(rounds)})")


if __name__ == "__main__":
    main()

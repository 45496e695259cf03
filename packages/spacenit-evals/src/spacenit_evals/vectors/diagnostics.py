"""What vectors are like, whatever they are good for: how many directions they use, and how alike they are."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.rng import generator

MOST_ROWS = 4096
"""Vectors whose singular values are taken."""

MOST_PAIRED = 2048
"""Vectors that are compared with one another."""

MOST_IMAGES = 256
"""Samples whose patches are looked at, and patches of each at most."""


@frozen(kw_only=True)
class Diagnosis:
    """Numbers about the vectors of a benchmark's samples.

    Attributes:
        numbers: name -> value; of patches "global_..." over all samples, "inter_..." of the samples' means,
            "intra_..." within a sample.
        samples: how many were embedded.
        left_out: how many of them have no vector: all of its values are missing.
        filled: share of the others' values that are missing, in whose place the mean stands, as in protocols.
        remark: why there is nothing of patches; empty where there is.
    """

    numbers: Mapping[str, float]
    samples: int
    left_out: int
    filled: float = 0.0
    remark: str = ""


def diagnose(embedder: Embedder, benchmark: Benchmark, seed: int = 0) -> Diagnosis:
    """Embed training samples, and look at their vectors and at those of their patches.

    Args:
        embedder: makes the vectors.
        benchmark: whose training samples are taken, of the first split; at most `MOST_ROWS` of them.
        seed: of the draw of samples and patches.

    Raises:
        DataError: where fewer than two samples have a vector.
    """
    (first, *_), draws = benchmark.draws[0], generator(seed, "diagnosed")
    numbers = draws.permutation(benchmark.numbers[first.train])[:MOST_ROWS]
    vectors = np.concatenate(
        [embedder.pooled(samples) for _, samples in benchmark.samples(np.sort(numbers))], dtype=np.float64
    )
    known = np.isfinite(vectors)
    there = known.any(axis=1)
    if there.sum() < 2:
        raise DataError(f"{there.sum()} of {len(vectors)} samples have a vector; two are needed")
    found = of_vectors(_filled(vectors[there], known[there]), seed)
    patches, remark = _of_patches(embedder, benchmark, np.sort(numbers[:MOST_IMAGES]), seed)
    return Diagnosis(
        numbers=found | patches,
        samples=len(vectors),
        left_out=int((~there).sum()),
        filled=float((~known[there]).mean()),
        remark=remark,
    )


def of_vectors(vectors: np.ndarray, seed: int = 0) -> dict[str, float]:
    """Numbers about vectors float ``[n, D]``, two at least, none of whose values is missing.

    The effective rank is the exponential of the entropy of the singular values (Roy and Vetterli 2007), which are not
    centred; uniformity is that of Wang and Isola (2020, arXiv:2005.10242): the logarithm of the mean of
    exp(-2 d^2) over pairs of vectors of length 1.
    """
    order = generator(seed, "diagnosed rows").permutation(len(vectors))
    lengths = np.linalg.norm(vectors, axis=1)
    cosines = _cosines(vectors[order[:MOST_PAIRED]])
    found = {"effective_rank": effective_rank(vectors[order[:MOST_ROWS]])}
    found |= _summary("norm", lengths)
    found["uniformity"] = float(np.log(np.mean(np.exp(-2 * (2 - 2 * cosines)))))
    return found | _summary("cosine", cosines)


def effective_rank(vectors: np.ndarray) -> float:
    """Exponential of the entropy of the singular values of float ``[n, D]``; 0 where all are 0."""
    values = np.linalg.svd(vectors, compute_uv=False)
    total = values.sum()
    if total <= 0:
        return 0.0
    shares = values[values > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _of_patches(
    embedder: Embedder, benchmark: Benchmark, numbers: np.ndarray, seed: int
) -> tuple[dict[str, float], str]:
    """Numbers about the patches of samples, or why there are none."""
    everywhere, means, within = [], [], []
    share = max(1, MOST_ROWS // len(numbers))
    try:
        for read, samples in benchmark.samples(numbers):
            for number, grid in zip(read, embedder.grid(samples), strict=True):
                patches = grid.reshape(-1, grid.shape[-1]).astype(np.float64)
                patches = patches[np.isfinite(patches).all(axis=1)]
                drawn = generator(seed, "diagnosed patches", int(number)).permutation(len(patches))
                if len(patches):
                    everywhere.append(patches[drawn[:share]])
                    means.append(patches.mean(axis=0))
                if len(patches) > 1:
                    some = patches[drawn[:MOST_IMAGES]]
                    cosines = _cosines(some)
                    within.append((cosines.mean(), cosines.std(), np.linalg.norm(some, axis=1).std()))
    except UserError as error:
        return {}, error.message
    if not within or len(means) < 2:
        return {}, "no two samples have several patches"
    found = {f"global_{name}": value for name, value in of_vectors(np.concatenate(everywhere), seed).items()}
    found |= {f"inter_{name}": value for name, value in of_vectors(np.stack(means), seed).items()}
    names = ("intra_cosine_mean", "intra_cosine_std", "intra_norm_std")
    return found | dict(zip(names, map(float, np.mean(within, axis=0)), strict=True)), ""


def _filled(vectors: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The mean in place of what is missing; numbers that are missing everywhere are left out."""
    somewhere = known.any(axis=0)
    values, there = np.where(known, vectors, 0.0)[:, somewhere], known[:, somewhere]
    return np.where(there, values, values.sum(axis=0) / there.sum(axis=0))


def _cosines(vectors: np.ndarray) -> np.ndarray:
    """Of each pair of vectors float ``[n, D]``, once."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    found: np.ndarray = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
    return found


def _summary(name: str, values: np.ndarray) -> dict[str, float]:
    parts = {"mean": values.mean(), "std": values.std(), "min": values.min(), "max": values.max()}
    return {f"{name}_{part}": float(value) for part, value in parts.items()}

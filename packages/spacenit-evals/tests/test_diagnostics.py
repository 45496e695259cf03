"""Numbers about vectors whose answer is known."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.distance import pdist

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.vectors.diagnostics import MOST_PAIRED, diagnose, effective_rank, of_vectors

from .synthetic import SENSORS, ArrayBenchmark, Arrays


def test_the_effective_rank_counts_directions() -> None:
    assert effective_rank(np.eye(5)) == pytest.approx(5)
    assert effective_rank(np.outer(np.arange(1, 8), [1.0, 2.0, 3.0])) == pytest.approx(1)
    assert effective_rank(np.zeros((4, 3))) == 0
    shares = np.array([0.75, 0.25])
    assert effective_rank(np.diag([3.0, 1.0])) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))


def test_lengths_and_angles_are_those_of_scipy() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 6)) + 0.5
    found = of_vectors(vectors)
    cosines = 1 - pdist(vectors, "cosine")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert found["cosine_mean"] == pytest.approx(cosines.mean()) and found["cosine_min"] == pytest.approx(cosines.min())
    assert found["cosine_std"] == pytest.approx(cosines.std()) and found["cosine_max"] == pytest.approx(cosines.max())
    assert found["uniformity"] == pytest.approx(np.log(np.exp(-2 * pdist(unit, "sqeuclidean")).mean()))
    assert found["norm_std"] == pytest.approx(np.linalg.norm(vectors, axis=1).std())


def test_of_many_vectors_some_are_compared_the_same_ones_for_a_seed() -> None:
    vectors = np.random.default_rng(0).normal(size=(MOST_PAIRED + 500, 3))
    assert of_vectors(vectors) == of_vectors(vectors)
    assert of_vectors(vectors, seed=1)["cosine_mean"] != of_vectors(vectors)["cosine_mean"]


class Directions:
    """Patches of a sample point where its number says, but for one that also points elsewhere."""

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        vectors = self.grid(samples).mean(axis=(1, 2))
        vectors[[sample.index % 4 == 3 for sample in samples]] = np.nan
        return vectors

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        vectors = np.zeros((len(samples), 2, 2, 8), np.float32)
        for grid, sample in zip(vectors, samples, strict=True):
            grid[..., sample.index % 8] = 2
            grid[0, 0, (sample.index + 1) % 8] = 2
        return vectors


class Alone(Directions):
    """One without vectors of patches."""

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        raise UserError("it gives one vector for a sample alone")

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        vectors = np.eye(9, dtype=np.float32)[[sample.index % 8 for sample in samples]]
        vectors[:, 8] = np.nan
        return vectors


def samples_at_hand(count: int = 48) -> ArrayBenchmark:
    config = Arrays(task="classification", truth=np.zeros(count, dtype=int))
    return ArrayBenchmark(config=config, inputs=ModelInputs(sensors=SENSORS, patch_size=2))


def test_patches_are_looked_at_within_samples_and_between_them() -> None:
    found = diagnose(Directions(), samples_at_hand())
    assert (found.samples, found.left_out, found.remark) == (16, 4, "")
    # Three patches of a sample are the same, the fourth shares half with them.
    half = 1 / np.sqrt(2)
    assert found.numbers["intra_cosine_mean"] == pytest.approx((3 * 1 + 3 * half) / 6)
    assert found.numbers["intra_norm_std"] == pytest.approx(np.std([2, 2, 2, 8**0.5]))
    assert found.numbers["global_norm_max"] == pytest.approx(8**0.5)
    assert found.numbers["inter_norm_std"] == pytest.approx(0, abs=1e-9)
    assert 1 < found.numbers["inter_effective_rank"] <= 8


def test_who_has_no_patches_is_diagnosed_without() -> None:
    found = diagnose(Alone(), samples_at_hand())
    assert found.remark == "it gives one vector for a sample alone"
    assert found.numbers["effective_rank"] == pytest.approx(8) and found.filled == pytest.approx(1 / 9)
    assert not [name for name in found.numbers if name.startswith(("global", "inter", "intra"))]


def test_the_mean_stands_for_what_is_missing() -> None:
    class Holes(Alone):
        def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
            numbers = np.array([[sample.index, 2.0] for sample in samples], np.float32)
            numbers[numbers[:, 0] == 3, 1] = np.nan
            return numbers

    assert diagnose(Holes(), samples_at_hand()).numbers["norm_min"] == pytest.approx(2)


def test_samples_without_vectors_are_an_error() -> None:
    class Nothing(Alone):
        def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
            return np.full((len(samples), 3), np.nan, np.float32)

    with pytest.raises(DataError, match="0 of 16 samples have a vector"):
        diagnose(Nothing(), samples_at_hand())


def test_the_command_shows_them(
    run_folder: Path, labels: Path, h5py_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["evals", "diagnose", str(run_folder), "--benchmark", "labelled_rasters", "--patch-size", "2"]
    words += [f"--benchmark.labels=[{labels}]", f"--benchmark.h5py_dir={h5py_dir}", "--benchmark.max_points=60"]
    assert spacenit_run([*words, "--benchmark.window=4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["samples"] > 1 and told["numbers"]["effective_rank"] >= 1
    assert {"intra_cosine_mean", "inter_uniformity", "global_effective_rank"} <= set(told["numbers"])
    assert spacenit_run([*words, "--benchmark.window=4"]) == 0
    assert "effective_rank" in capsys.readouterr().out
    assert spacenit_run(["evals", "diagnose", str(run_folder), "--benchmark", "labelled_raster"]) == 2
    assert "did you mean labelled_rasters" in capsys.readouterr().err

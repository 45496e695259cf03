"""What a benchmark cannot be evaluated with, whoever wrote it: refused before anything is computed."""

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve, field, frozen

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, PluginError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN

from .arrays_benchmark import ArraysBenchmark, radar

N = 12


@frozen(kw_only=True)
class Arrays(BenchmarkConfig):
    """A benchmark of arrays, made when it is opened."""

    pixels: np.ndarray = field(factory=lambda: radar(N))
    settings: dict[str, Any] = field(factory=dict)

    def offers(self) -> SensorSet:
        return SensorSet.of(["sentinel1"])

    def build(self, takes: ModelInputs) -> Benchmark:
        return ArraysBenchmark({"sentinel1": self.pixels}, **self.settings)


def opened(**settings: Any) -> Any:
    return build(Arrays(settings=settings), ModelInputs(sensors=SensorSet.of(["sentinel1"]), patch_size=1))


HALF = np.arange(N) < N // 2
MAPS = np.arange(N)[:, None, None].repeat(4, axis=1).repeat(4, axis=2) % 2
NUMBERS = {"task": "pixel_regression", "classes": ("height",)}


def with_value(values: np.ndarray, value: float, at: Any = 0) -> np.ndarray:
    out = values.astype(type(value)) if isinstance(value, float) else values.copy()
    out[at] = value
    return out


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"labels": (~HALF).astype(int)}, "trains on one class alone, one"),
        ({"labels": np.zeros((N, 2), bool), "said": {"task": "multilabel"}}, "training samples are of no class"),
        ({"labels": np.ones(N), "said": {"task": "regression", "classes": ("age",)}}, "one number alone, 1"),
        ({"labels": with_value(MAPS, 2), "said": {"task": "segmentation"}}, "labels from 0 to 2, and the classes are"),
        ({"labels": with_value(MAPS, -2), "said": {"task": "segmentation"}}, "labels from -2 to 1"),
        ({"labels": with_value(MAPS, -1, ~HALF), "said": {"task": "segmentation"}}, "no label on the side test"),
        ({"labels": with_value(MAPS, 0, HALF), "said": {"task": "segmentation"}}, "trains on one class alone, one"),
        ({"labels": with_value(MAPS, np.inf), "said": NUMBERS}, "infinite numbers"),
        ({"labels": with_value(MAPS, np.nan, HALF), "said": NUMBERS}, "no label on the side train"),
        ({"labels": with_value(MAPS, 7.0, HALF), "said": NUMBERS}, "one number alone, 7"),
    ],
)
def test_labels_that_nothing_can_be_learned_from(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(DataError, match=text):
        opened(**settings)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"labels": np.arange(N) % 3}, "labels from 0 to 2 and 2 classes"),
        ({"labels": np.arange(N) % 2 - 1}, "labels from -1 to 0"),
        ({"labels": with_value(np.arange(N), np.nan), "said": {"task": "regression", "classes": ("age",)}}, "finite"),
        ({"test": np.zeros(N, bool)}, "has one without"),
        ({"test": np.ones(N, bool)}, "on two sides"),
        ({"train": np.ones(N - 1, bool), "test": HALF}, "has a mask"),
    ],
)
def test_labels_and_splits_of_another_form(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(PluginError, match=text):
        opened(**settings)


@pytest.mark.parametrize("task", ["segmentation", "pixel_regression"])
def test_maps_with_labels_are_opened(task: str) -> None:
    labels = MAPS if task == "segmentation" else with_value(MAPS, np.nan)
    assert (
        len(
            opened(
                labels=labels, said={"task": task, "classes": ("one", "other")[: 2 - (task != "segmentation")]}
            ).labels
        )
        == N
    )


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused_before_they_are_embedded(wrong: float) -> None:
    pixels = radar(N)
    pixels[3, 0, 0, 0, 1] = wrong
    with pytest.raises(DataError, match="sample 3 holds NaN or infinity in sentinel1 vh"):
        evaluate(RawPixels(), Arrays(pixels=pixels), KNN(k=1))


def test_months_that_no_year_has_are_refused() -> None:
    dates = np.tile([[1, 12, 2020]], (N, 1, 1))
    with pytest.raises(DataError, match="months 12 to 12"):
        list(opened(dates=dates).samples())


def test_samples_of_another_form() -> None:
    for pixels, text in ((radar(N)[..., :1], r"pixels of sentinel1 are \[..., 2\]"),):
        held = build(Arrays(pixels=pixels), ModelInputs(sensors=SensorSet.of(["sentinel1"]), patch_size=1))
        with pytest.raises(PluginError, match=text):
            list(held.samples())
    dates = np.ones((N, 1, 2), int)
    with pytest.raises(PluginError, match=r"timestamps are \[T, 3\]"):
        list(opened(dates=dates).samples())


def test_a_model_without_numbers_is_refused(trained: TrainedRun) -> None:
    broken = evolve(trained, model=deepcopy(trained.model))
    for weights in broken.model.parameters():
        weights.data.fill_(torch.nan)
    with pytest.raises(DataError, match="all vectors of pretrained are NaN or infinite"):
        evaluate(broken, Arrays(), KNN(k=1), patch_size=1)

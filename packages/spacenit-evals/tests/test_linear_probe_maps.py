"""The AdamW probe on the vectors of patches: maps of classes and of numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from attrs import evolve, frozen
from torch.nn import functional

from spacenit_core.errors import DataError
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit, Prediction
from spacenit_evals.protocols.linear_probe import LinearProbe
from spacenit_evals.protocols.probe import training
from spacenit_evals.protocols.probe.heads import Affine
from spacenit_evals.protocols.probe.losses import loss_of
from spacenit_evals.protocols.probe.maps import Maps, pixels_of_patch
from spacenit_evals.protocols.probe.threads import one_thread

from .vector_splits import NO_EMBEDDER, GridPart

WIDTH, CLASSES, PATCH, GRID = 16, 3, 4, 5


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@frozen(eq=False)
class StoredMaps:
    """Labels that are read when they are asked for; counts how many at a time."""

    values: np.ndarray
    asked: list[int]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        assert isinstance(numbers, np.ndarray)
        self.asked.append(len(numbers))
        return self.values[numbers]


def classes_of(vectors: np.ndarray) -> np.ndarray:
    """Each pixel of a patch has a class of its own, which the patch's vector says linearly."""
    weights = np.random.default_rng(7).normal(size=(WIDTH, CLASSES * PATCH**2))
    scores = (vectors @ weights).reshape(*vectors.shape[:3], CLASSES, PATCH, PATCH)
    maps = scores.argmax(axis=3)
    return maps.transpose(0, 1, 3, 2, 4).reshape(len(vectors), GRID * PATCH, GRID * PATCH)


def part(count: int, seed: int, folder: Path | None = None) -> GridPart:
    vectors = np.random.default_rng(seed).normal(size=(count, GRID, GRID, WIDTH)).astype(np.float32)
    labels = classes_of(vectors)
    if folder is None:
        return GridPart(labels=labels, vectors=vectors)
    np.save(folder / f"{seed}.npy", vectors)
    return GridPart(labels=StoredMaps(labels, []), vectors=np.load(folder / f"{seed}.npy", mmap_mode="r"))


def split(train: GridPart, test: GridPart, **more: Any) -> LabelledSplit:
    sides = cast("tuple[LabelledPart, LabelledPart]", (train, test))
    return LabelledSplit(train=sides[0], test=sides[1], **{"task": "segmentation", "classes": CLASSES, **more})


def joined(parts: Any) -> Prediction:
    found = list(parts)
    scores = None if found[0].scores is None else np.concatenate([one.scores for one in found])
    return Prediction(values=np.concatenate([one.values for one in found]), scores=scores)


CONFIG = LinearProbe(epochs=30, learning_rates=(0.05,), batch_size=8)


def test_pixels_of_a_patch_are_told_apart() -> None:
    test = part(20, 1)
    found = joined(CONFIG.build().predict(NO_EMBEDDER, split(part(100, 0), test)))
    assert (found.values == test.labels).mean() > 0.93
    assert found.scores is not None and found.scores.shape == (20, CLASSES, 20, 20)
    interpolated = evolve(CONFIG, head="interpolate_linear")
    coarse = joined(interpolated.build().predict(NO_EMBEDDER, split(part(100, 0), test)))
    assert (coarse.values == test.labels).mean() < 0.7


def test_memory_maps_and_labels_on_the_disk_are_read_by_batches(tmp_path: Path) -> None:
    ours, theirs = split(part(30, 0, tmp_path), part(20, 1, tmp_path)), split(part(30, 0), part(20, 1))
    config = evolve(CONFIG, epochs=2)
    parts = config.build().predict(NO_EMBEDDER, ours)
    first = next(iter(parts))
    assert isinstance(first, Prediction)
    train = cast(Any, ours.train).labels
    assert set(train.asked) <= {30, 8, 6} and not cast(Any, ours.test).labels.asked
    expected = joined(config.build().predict(NO_EMBEDDER, theirs))
    np.testing.assert_array_equal(first.values, expected.values[: len(first.values)])


def test_what_is_ignored_is_not_learnt() -> None:
    train, test = part(100, 0), part(20, 1)
    train.labels[np.random.default_rng(0).random(train.labels.shape) < 0.3] = -1
    train.labels[3] = -1
    found = joined(evolve(CONFIG, dice=True).build().predict(NO_EMBEDDER, split(train, test)))
    assert (found.values == test.labels).mean() > 0.9 and found.values.min() == 0
    with pytest.raises(DataError, match="no training sample has a label that counts"):
        CONFIG.build().predict(NO_EMBEDDER, split(evolve(train, labels=np.full_like(train.labels, -1)), test))


@pytest.mark.parametrize("head", ["auto", "linear", "interpolate_linear"])
def test_maps_of_numbers_skip_what_is_not_known(head: Any) -> None:
    def numbers(one: GridPart) -> GridPart:
        values = (one.vectors[..., 0] + 2 * one.vectors[..., 1]) * 30 + 500
        return evolve(one, labels=values.repeat(PATCH, 1).repeat(PATCH, 2).astype(np.float32))

    train, test = numbers(part(60, 0)), numbers(part(20, 1))
    truth = test.labels
    train.labels[:, :7] = np.nan
    train.labels[4] = np.nan
    config = evolve(CONFIG, head=head)
    maps = split(train, test, task="pixel_regression", classes=1, validation=train)
    found = joined(config.build().predict(NO_EMBEDDER, maps))
    assert found.values.dtype == np.float32 and found.values.shape == truth.shape and found.scores is None
    error = np.sqrt(np.mean((found.values - truth) ** 2)) / truth.std()
    # What is interpolated between patches misses the edges of these.
    assert error < (0.1 if head == "linear" else 0.8)


@pytest.mark.parametrize(("side", "patch"), [(20, 4), (15, 3), (17, 3), (23, 4), (5, 1), (3, 1)])
def test_maps_have_the_size_of_the_labels(side: int, patch: int) -> None:
    assert pixels_of_patch((GRID, GRID), (side, side)) == patch
    maps = Maps(CLASSES, patch, (side, side))
    assert maps(torch.zeros(2, 6, GRID, GRID, maps.outputs)).shape == (2, 6, CLASSES, side, side)


def test_pixels_lie_where_they_belong() -> None:
    """Output c * p * p + row * p + column of a patch is the number of class c at that pixel of it."""
    numbers = torch.arange(2 * 3 * 2 * 4).float().view(1, 1, 2, 3, 8)
    maps = Maps(2, 2, (4, 6))(numbers)[0, 0]
    for down, right, which, row, column in np.ndindex(2, 3, 2, 2, 2):
        expected = numbers[0, 0, down, right, which * 4 + row * 2 + column]
        assert maps[which, down * 2 + row, right * 2 + column] == expected


def test_interpolated_numbers_are_those_of_interpolated_vectors() -> None:
    torch.manual_seed(0)
    vectors, weight, bias = torch.randn(2, GRID, GRID, WIDTH), torch.randn(1, CLASSES, WIDTH), torch.randn(1, CLASSES)
    finer = functional.interpolate(vectors.permute(0, 3, 1, 2), size=(18, 18), mode="bilinear", align_corners=True)
    expected = functional.conv2d(finer, weight[0, :, :, None, None], bias[0])
    torch.testing.assert_close(Maps(CLASSES, 1, (18, 18))(Affine(weight, bias)(vectors))[0], expected)


def test_losses_are_those_of_what_counts() -> None:
    torch.manual_seed(0)
    outputs, labels = torch.randn(2, 3, CLASSES, 4, 4), torch.randint(-1, CLASSES, (3, 4, 4))
    for head, loss in enumerate(loss_of("segmentation", outputs, labels)):
        torch.testing.assert_close(loss, functional.cross_entropy(outputs[head], labels, ignore_index=-1))
    nothing = torch.full_like(labels, -1)
    outputs.requires_grad_()
    for dice in (False, True):
        loss = loss_of("segmentation", outputs, nothing, dice=dice)
        assert (loss == 0).all()
    numbers = torch.randn(3, 4, 4)
    numbers[0] = torch.nan
    errors = loss_of("pixel_regression", outputs[:, :, :1], numbers)
    known = ~numbers.isnan()
    torch.testing.assert_close(errors[0], (outputs[0, :, 0] - numbers)[known].square().mean())
    loss_of("pixel_regression", outputs[:, :, :1], torch.full_like(numbers, torch.nan)).sum().backward()
    assert outputs.grad is not None and (outputs.grad == 0).all()


def test_dice_weighs_rare_classes_like_common_ones() -> None:
    """Perfect maps lose nothing; missing a class of one pixel costs as much as missing one of many."""
    labels = torch.zeros(1, 10, 10, dtype=torch.int64)
    labels[0, 0, 0] = 1
    sure = 50 * functional.one_hot(labels, 2).permute(0, 3, 1, 2).float()[None]
    plain, with_dice = (loss_of("segmentation", sure, labels, dice=dice) for dice in (False, True))
    torch.testing.assert_close(with_dice, plain, atol=1e-4, rtol=0)
    missed = sure.clone()
    missed[0, 0, :, 0, 0] = torch.tensor([1.0, 0.0])
    share = torch.tensor([1.0, 0.0]).softmax(0)
    weight = torch.tensor([1 / 99, 1.0])
    weight = weight / weight.sum()
    dice = [(2 * 99 + 1) / (99 + share[0] + 99 + 1), (2 * share[1] + 1) / (share[1] + 1 + 1)]
    expected = 1 - (weight * torch.stack(dice)).sum()
    found = loss_of("segmentation", missed, labels, dice=True) - loss_of("segmentation", missed, labels)
    torch.testing.assert_close(found[0], expected, atol=1e-4, rtol=0)


def test_large_maps_are_made_by_a_few_heads_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = split(part(20, 0), part(12, 1), validation=part(10, 2))
    config = evolve(CONFIG, epochs=3, learning_rates=(0.01, 0.05, 0.2), dice=True)
    whole = {rate: (value, joined(parts)) for rate, (value, parts) in _rates(config, samples).items()}
    for most in (2 * 8 * 400 * CLASSES, 1):
        monkeypatch.setattr(training, "_MOST_NUMBERS", most)
        for rate, (value, parts) in _rates(config, samples).items():
            assert value == pytest.approx(whole[rate][0])
            np.testing.assert_allclose(joined(parts).scores, whole[rate][1].scores, atol=1e-5)


def _rates(config: LinearProbe, samples: LabelledSplit) -> Any:
    return config.build().predict_rates(NO_EMBEDDER, samples)

"""The AdamW probe against torch's own modules and optimizer, and the rule for the state that is used."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pytest
import torch
from attrs import evolve
from sklearn.metrics import balanced_accuracy_score, f1_score
from torch import nn

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.protocols import PROTOCOLS, EmbeddedPart, LabelledSplit, Prediction
from spacenit_core.rng import generator, torch_seed
from spacenit_evals.protocols.linear_probe import LinearProbe
from spacenit_evals.protocols.probe.heads import NormalizedHeads

from .vector_splits import NO_EMBEDDER

CLASSES, WIDTH = 4, 12


def part(count: int, seed: int, spread: float = 2.0) -> EmbeddedPart:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    centres = np.random.default_rng(99).normal(size=(CLASSES, WIDTH))
    vectors = (centres[labels] + spread * rng.normal(size=(count, WIDTH))).astype(np.float32)
    return EmbeddedPart(labels=labels, groups=np.arange(count), vectors=vectors)


def split(*, validation: bool = True, spread: float = 2.0, count: int = 97) -> LabelledSplit:
    return LabelledSplit(
        train=part(count, 0, spread),
        test=part(60, 1, spread),
        validation=part(50, 2, spread) if validation else None,
        classes=CLASSES,
    )


def predicted(probe: LinearProbe, samples: LabelledSplit) -> Prediction:
    return joined(probe.build().predict(NO_EMBEDDER, samples))


def joined(parts: Iterator[Prediction]) -> Prediction:
    found = list(parts)
    scores = None if found[0].scores is None else np.concatenate([cast(Any, one.scores) for one in found])
    return Prediction(values=np.concatenate([one.values for one in found]), scores=scores)


def by_torch(config: LinearProbe, samples: LabelledSplit) -> Iterator[tuple[float, np.ndarray]]:
    """After each epoch the balanced accuracy on the validation samples and the scores of the test samples."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(WIDTH), nn.Linear(WIDTH, CLASSES))
    draws = torch.Generator().manual_seed(torch_seed(config.seed, "probe weights"))
    with torch.no_grad():
        for parameter in (model[1].weight, model[1].bias):
            parameter.copy_((2 * torch.rand(parameter.shape, generator=draws) - 1) / WIDTH**0.5)
    rate = config.learning_rates[0]
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=config.weight_decay)
    train, count = cast(EmbeddedPart, samples.train), len(samples.train.labels)
    per_epoch = -(-count // config.batch_size) - (count % config.batch_size == 1)
    steps = per_epoch * config.epochs
    warm = round(config.warmup * steps)
    up = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) / warm)
    down = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps - warm, eta_min=config.lowest_rate)
    step = 0
    for epoch in range(1, config.epochs + 1):
        order = generator(config.seed, "probe order", epoch).permutation(count)
        model.train()
        for number in range(per_epoch):
            end = count if number == per_epoch - 1 else (number + 1) * config.batch_size
            rows = np.sort(order[number * config.batch_size : end])
            loss = nn.functional.cross_entropy(
                model(torch.from_numpy(train.vectors[rows])), torch.from_numpy(train.labels[rows])
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            (up if step < warm else down).step()
        model.eval()
        with torch.no_grad():
            held_out = cast(EmbeddedPart, samples.validation)
            found = model(torch.from_numpy(held_out.vectors)).argmax(1).numpy()
            scores = model(torch.from_numpy(cast(EmbeddedPart, samples.test).vectors)).softmax(1).numpy()
        yield float(balanced_accuracy_score(held_out.labels, found)), scores


# 97 samples in batches of 32: the last one alone has no deviation, and joins the batch before.
@pytest.mark.parametrize("count", [97, 90])
def test_it_is_what_torch_trains(count: int) -> None:
    config, samples = LinearProbe(epochs=7, learning_rates=(0.02,)), split(count=count)
    *_, (_, scores) = by_torch(config, samples)
    np.testing.assert_allclose(predicted(config, samples).scores, scores, atol=2e-5)


@pytest.mark.parametrize("interval", [1, 3, 5])
def test_the_best_evaluated_state_predicts_though_the_epochs_are_no_multiple_of_the_interval(interval: int) -> None:
    config, samples = LinearProbe(epochs=7, learning_rates=(0.3,), evaluation_interval=interval), split(spread=3.0)
    epochs = list(by_torch(config, samples))
    asked = [epoch for epoch in range(1, 8) if epoch % interval == 0 or epoch == 7]
    best = max(asked, key=lambda epoch: (epochs[epoch - 1][0], -epoch))
    probe = config.build()
    found = joined(probe.predict(NO_EMBEDDER, samples))
    assert probe.remark == f"epoch {best}, chosen on validation samples"
    np.testing.assert_allclose(found.scores, epochs[best - 1][1], atol=1e-4)


def test_validation_and_test_describe_the_same_state() -> None:
    samples = split(spread=3.0)
    assert samples.validation is not None
    config = LinearProbe(epochs=9, learning_rates=(0.01, 0.3), evaluation_interval=2)
    as_test = evolve(samples, test=samples.validation)
    for value, found in config.build().predict_rates(NO_EMBEDDER, as_test).values():
        values = joined(found).values
        assert value == pytest.approx(balanced_accuracy_score(samples.validation.labels, values))


def test_of_equal_states_the_earlier_one_is_used_and_of_equal_rates_the_first() -> None:
    probe = LinearProbe(epochs=8, learning_rates=(0.05, 0.03), evaluation_interval=2).build()
    joined(probe.predict(NO_EMBEDDER, split(spread=0.01)))
    assert probe.remark == "learning rate 0.05, epoch 2, chosen on validation samples"


def test_evaluations_leave_the_training_as_it_is() -> None:
    samples, whole = split(spread=3.0), split(spread=3.0, validation=False)
    config = LinearProbe(epochs=6, learning_rates=(0.1,))
    # Without validation samples the last state predicts; evaluated once, it is the last too.
    np.testing.assert_array_equal(predicted(config, whole).scores, predicted(config, samples).scores)
    often = evolve(config, evaluation_interval=1)
    *_, (_, last) = by_torch(often, samples)
    np.testing.assert_allclose(predicted(config, whole).scores, last, atol=1e-4)


RATES = (1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1, 5e-1)


def test_rates_in_one_pass_give_what_each_gives_alone() -> None:
    samples = split(spread=3.0, count=200)
    together = (
        LinearProbe(epochs=12, learning_rates=RATES, evaluation_interval=3).build().predict_rates(NO_EMBEDDER, samples)
    )
    assert tuple(together) == RATES
    for rate, (value, found) in together.items():
        config = LinearProbe(epochs=12, learning_rates=(rate,), evaluation_interval=3)
        ((alone, parts),) = config.build().predict_rates(NO_EMBEDDER, samples).values()
        ours, theirs = joined(found), joined(parts)
        assert value == pytest.approx(alone, abs=1e-4)
        np.testing.assert_allclose(ours.scores, theirs.scores, atol=1e-4)
        assert (ours.values == theirs.values).mean() >= 0.999
    best = max(RATES, key=lambda rate: together[rate][0])
    probe = LinearProbe(epochs=12, learning_rates=RATES, evaluation_interval=3).build()
    chosen = joined(probe.predict(NO_EMBEDDER, samples))
    assert probe.remark.startswith(f"learning rate {best:g}, epoch ")
    np.testing.assert_array_equal(
        chosen.values,
        joined(
            LinearProbe(epochs=12, learning_rates=(best,), evaluation_interval=3).build().predict(NO_EMBEDDER, samples)
        ).values,
    )


def test_everything_is_drawn_from_the_seed() -> None:
    samples, config = split(), LinearProbe(epochs=3)
    assert [one.seed for one in config.repeats()] == [0, 1, 2] and {one.seeds for one in config.repeats()} == {1}
    before = torch.random.get_rng_state()
    first = predicted(config, samples)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(1)
    np.testing.assert_array_equal(predicted(config, samples).scores, first.scores)
    for other in config.repeats()[1:]:
        assert not np.array_equal(predicted(other, samples).scores, first.scores)


def test_all_heads_begin_alike() -> None:
    heads = NormalizedHeads(3, WIDTH, CLASSES, seed=5)
    for parameter in heads.parameters:
        assert (parameter == parameter[:1]).all()


def labelled(count: int, seed: int, labels: Any) -> EmbeddedPart:
    vectors = np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)
    return EmbeddedPart(labels=labels(vectors), groups=np.arange(count), vectors=vectors)


def test_several_labels_are_learnt_each_for_itself() -> None:
    def signs(vectors: np.ndarray) -> np.ndarray:
        return vectors[:, :3] > np.array([0.0, 0.5, -0.5], dtype=np.float32)

    sides = [labelled(count, seed, signs) for seed, count in enumerate((400, 200, 100))]
    samples = LabelledSplit(train=sides[0], test=sides[1], validation=sides[2], task="multilabel", classes=3)
    found = predicted(LinearProbe(epochs=30, learning_rates=(0.03,), evaluation_interval=10), samples)
    assert found.values.dtype == bool and found.values.shape == (200, 3)
    assert f1_score(sides[1].labels, found.values, average="micro") > 0.93
    assert found.scores is not None and ((found.scores > 0.5) == found.values).all()


def test_numbers_are_predicted_in_their_own_units() -> None:
    slope = np.random.default_rng(3).normal(size=WIDTH) * 40

    def line(vectors: np.ndarray) -> np.ndarray:
        return vectors.astype(np.float64) @ slope + 2500

    sides = [labelled(count, seed, line) for seed, count in enumerate((400, 200))]
    samples = LabelledSplit(train=sides[0], test=sides[1], task="regression", classes=1)
    found = predicted(LinearProbe(epochs=60, learning_rates=(0.03,)), samples)
    error = np.sqrt(np.mean((found.values - sides[1].labels) ** 2))
    assert error < 0.1 * sides[1].labels.std() and found.scores is None


def test_missing_features_count_as_the_mean_of_training() -> None:
    samples = split()
    holes, filled = (cast(EmbeddedPart, part(97, 0)) for _ in range(2))
    rng = np.random.default_rng(0)
    for row, column in zip(rng.integers(0, 97, 30), rng.integers(0, WIDTH, 30), strict=True):
        holes.vectors[row, column] = np.nan if row % 2 else np.inf
    missing = ~np.isfinite(holes.vectors)
    known = np.where(missing, np.nan, holes.vectors)
    filled.vectors[missing] = np.broadcast_to(np.nanmean(known.astype(np.float64), axis=0), known.shape)[missing]
    config = LinearProbe(epochs=3)
    np.testing.assert_allclose(
        predicted(config, evolve(samples, train=holes)).scores,
        predicted(config, evolve(samples, train=filled)).scores,
        atol=1e-5,
    )


@pytest.mark.parametrize(
    ("settings", "changes", "said"),
    [
        ({"head": "attnpool"}, {}, "attnpool makes maps, and the task is classification"),
        ({"head": "bilinear_conv"}, {}, "bilinear_conv makes maps, and the task is classification"),
        ({"learning_rates": (0.1, 0.2)}, {"validation": None}, "2 learning rates are to be chosen among"),
        ({"learning_rates": (1e30,)}, {}, "give lower learning rates"),
        ({}, {"train": part(1, 0)}, "at least two training samples"),
        ({}, {"classes": 3}, "labels lie from 0 to 3; there are 3 classes"),
        ({}, {"train": evolve(part(9, 0), labels=np.arange(9) - 1), "classes": 9}, "labels lie from -1 to 7"),
    ],
)
def test_what_cannot_be_is_refused(settings: Any, changes: Any, said: str) -> None:
    with pytest.raises((UserError, DataError), match=said):
        predicted(LinearProbe(epochs=2, **settings), evolve(split(), **changes))


def test_it_is_found_by_name() -> None:
    assert PROTOCOLS.get("linear_probe") is LinearProbe
    with pytest.raises(ValueError, match="learning_rates"):
        LinearProbe(learning_rates=())

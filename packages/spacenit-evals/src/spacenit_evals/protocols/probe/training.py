"""The training of linear heads: one loop for all rates, and one rule for the state that is used."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.errors import DataError
from spacenit_core.kinds.tasks import DENSE
from spacenit_core.rng import generator
from spacenit_evals.protocols.probe.adamw import StackedAdamW
from spacenit_evals.protocols.probe.heads import ALL, Heads, State
from spacenit_evals.protocols.probe.losses import loss_of
from spacenit_evals.protocols.probe.measure import measure_of
from spacenit_evals.protocols.probe.schedule import rates_at
from spacenit_evals.protocols.probe.side import Side

_MOST_ROWS, _MOST_NUMBERS = 256, 2**25
"""Samples that are evaluated together, and numbers that heads give for them: memory stays bounded, whatever maps."""

Arranged = Callable[[Tensor], Tensor]
"""From what heads give, ``[R, B, ..., O]``, to what losses take."""


@frozen(kw_only=True)
class Training:
    """How heads are trained.

    Attributes:
        rates: the highest learning rate of each.
        epochs: passes over the samples.
        batch_size: samples of a step.
        decay: weight decay.
        warmup: share of the steps in which the rates rise.
        lowest: where the rates end.
        interval: epochs between two evaluations on the validation samples; the last is always evaluated.
        dice: whether the dice loss is added for maps.
        seed: of the order of the samples.
    """

    rates: tuple[float, ...]
    epochs: int
    batch_size: int
    decay: float
    warmup: float
    lowest: float
    interval: int
    dice: bool
    seed: int


@frozen(eq=False)
class Trained:
    """The states that are used, for validation and test alike.

    Attributes:
        heads: of each rate its best evaluated state, the earlier of equals; its last one without validation.
        epochs: after how many epochs each was so, int ``[R]``.
        values: what each was worth on the validation samples, float ``[R]``; NaN without, and for a head that diverged.
        measure: what the values are; empty without.
    """

    heads: State
    epochs: np.ndarray
    values: np.ndarray
    measure: str = ""

    def best(self) -> int:
        """The head that was best on the validation samples, the first of equals."""
        return int(np.nanargmax(self.values)) if self.measure else 0


def train(heads: Heads, arranged: Arranged, train: Side, held_out: Side | None, how: Training) -> Trained:
    """Train R heads on the same batches; evaluations change nothing of it.

    Raises:
        DataError: where no validation sample has a label that counts.
        ArithmeticError: where all heads diverged.
    """
    best: _Best | None = None if held_out is None else _Best(len(how.rates))
    optimizer = StackedAdamW(heads.parameters, how.decay)
    peaks, batches = torch.tensor(how.rates), list(_bounds(len(train), how.batch_size))
    step, steps = 0, how.epochs * len(batches)
    for epoch in range(1, how.epochs + 1):
        order = generator(how.seed, "probe order", epoch).permutation(len(train))
        for start, end in batches:
            step += 1
            features, labels = train.batch(np.sort(order[start:end]))
            for which in _heads_at_a_time(len(how.rates), train, len(features)):
                outputs = arranged(heads(features, which))
                torch.autograd.backward(loss_of(train.target.task, outputs, labels, dice=how.dice).sum())
            optimizer.step(rates_at(peaks, step, steps, warmup=how.warmup, lowest=how.lowest))
        if held_out is not None and best is not None and (epoch % how.interval == 0 or epoch == how.epochs):
            state = heads.state()
            best.offer(epoch, state, *_worth(state, arranged, held_out, how))
    found = _last(heads.state(), how) if best is None else best.found()
    if not found.heads.finite().any():
        raise ArithmeticError("the weights of all heads are no numbers any more")
    return found


def evaluated(heads: State, arranged: Arranged, side: Side, count: int) -> Iterator[tuple[np.ndarray, Tensor]]:
    """What R heads give for all samples, in their order: the rows of some, and ``[R, B, C, ...]``."""
    for rows in side.in_order(max(1, min(_MOST_ROWS, _MOST_NUMBERS // (count * side.numbers)))):
        # Not around the loop: whoever stops in the middle of it would go on without gradients.
        with torch.no_grad():
            outputs = arranged(heads(side.inputs(rows)))
        yield rows, outputs


def _heads_at_a_time(count: int, side: Side, samples: int) -> Iterator[slice]:
    """All of them, or where they give large maps a few: each adds its gradients to those of the others."""
    size = max(1, _MOST_NUMBERS // (samples * side.numbers)) if side.target.task in DENSE else count
    yield from [ALL] if size >= count else [slice(start, start + size) for start in range(0, count, size)]


def _bounds(samples: int, size: int) -> Iterator[tuple[int, int]]:
    """Where batches begin and end. A single sample, which has no deviation, joins the batch before it."""
    starts = list(range(0, samples, size))
    if len(starts) > 1 and samples % size == 1:
        starts.pop()
    yield from zip(starts, [*starts[1:], samples], strict=True)


def _worth(heads: State, arranged: Arranged, side: Side, how: Training) -> tuple[Tensor, str]:
    """The value of each head on validation samples, and its name."""
    measure = measure_of(side.target.task, len(how.rates), side.target.classes)
    for rows, outputs in evaluated(heads, arranged, side, len(how.rates)):
        measure.add(outputs, side.target.learnt(np.asarray(side.labels[rows])))
    values = measure.values()
    if values.isnan().all() and heads.finite().any():
        raise DataError("no validation sample has a label that counts")
    return torch.where(heads.finite(), values, torch.nan), measure.name


class _Best:
    """Of each head the best state so far; the earlier of equals."""

    def __init__(self, heads: int) -> None:
        self._values = torch.full((heads,), torch.nan, dtype=torch.float64)
        self._epochs = np.zeros(heads, dtype=np.int64)
        self._heads: State | None = None
        self._measure = ""

    def offer(self, epoch: int, heads: State, values: Tensor, measure: str) -> None:
        if self._heads is None:
            self._heads = heads
        better = (values > self._values) | (self._values.isnan() & ~values.isnan())
        self._heads.take(better, heads)
        self._values[better], self._epochs[better.numpy()] = values[better], epoch
        self._measure = measure

    def found(self) -> Trained:
        assert self._heads is not None
        return Trained(self._heads, self._epochs, self._values.numpy(), self._measure)


def _last(heads: State, how: Training) -> Trained:
    count = len(how.rates)
    return Trained(heads, np.full(count, how.epochs), np.full(count, np.nan))

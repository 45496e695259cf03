"""Packed tokens beside the others of their sample: the arithmetic that the discrimination losses share."""

from collections.abc import Callable, Iterator
from functools import cached_property

import torch
from attrs import frozen
from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.kinds.losses import TokenPairs
from spacenit_core.samples.transfer import send


class Grid:
    """How m packed tokens of B samples lie in B rows of equal length.

    Args:
        sample: int64 ``[m]``, the sample of each token, ascending.
        counts: int64 ``[B]``, tokens of each sample (0 is allowed).
        longest: L, the largest of them; given, because to read it from a GPU is to wait for it.
    """

    def __init__(self, sample: Tensor, counts: Tensor, longest: int) -> None:
        self.sample = sample
        self.counts = counts
        self.longest = longest

    @cached_property
    def slot(self) -> Tensor:
        """The place of each token in its row, int64 ``[m]``."""
        first = self.counts.cumsum(0) - self.counts
        return torch.arange(len(self.sample), device=self.sample.device) - first[self.sample]

    @cached_property
    def inside(self) -> Tensor:
        """Which places hold a token, bool ``[B, L]``."""
        return torch.arange(self.longest, device=self.sample.device) < self.counts[:, None]

    def spread(self, values: Tensor) -> Tensor:
        """From packed ``[m, ...]`` to rows ``[B, L, ...]``, zeros behind each row's end."""
        rows = values.new_zeros((len(self.counts) * self.longest, *values.shape[1:]))
        return rows.index_copy(0, self._place, values).unflatten(0, (len(self.counts), self.longest))

    def pack(self, rows: Tensor) -> Tensor:
        """From rows ``[B, L, ...]`` back to packed ``[m, ...]``."""
        return rows.flatten(0, 1).index_select(0, self._place)

    def products(self, queries: Tensor, keys: Tensor) -> Tensor:
        """The product of each token's query with each key of its sample, ``[B, L, L]`` from ``[m, D]``."""
        return torch.bmm(self.spread(queries), self.spread(keys).transpose(1, 2))

    def negative_log_softmax(self, scores: Tensor) -> Tensor:
        """Minus the logarithm of the softmax at each token's own place, ``[m]``; overwrites `scores`, ``[B, L, L]``."""
        # Nothing is hidden from samples without tokens, as a row of -inf alone has no softmax.
        behind = ~self.inside & (self.counts > 0)[:, None]
        scores = scores.masked_fill_(behind[:, None], -torch.inf)
        return -self.pack(scores.log_softmax(2).diagonal(dim1=1, dim2=2))

    def mean(self, values: Tensor, without: Tensor | None = None) -> Tensor:
        """The mean over each sample's tokens, then over the samples that have any.

        Args:
            values: ``[m]``.
            without: bool ``[B]``, samples that do not count.
        """
        counted = self.counts > 0 if without is None else (self.counts > 0) & ~without
        share = counted / (self.counts * counted.sum()).clamp(min=1)
        return (values * share[self.sample]).sum()

    @cached_property
    def _place(self) -> Tensor:
        return self.sample * self.longest + self.slot


@frozen(kw_only=True, eq=False)
class SensorTokens:
    """The m predicted tokens of one sensor.

    Attributes:
        sensor: its name.
        predicted: float32 ``[m, D]``.
        target: float32 ``[m, D]``.
        grid: where they belong among the B samples.
    """

    sensor: str
    predicted: Tensor
    target: Tensor
    grid: Grid


def by_sample(pairs: TokenPairs) -> Grid:
    """All tokens of a sample in one row."""
    counts = counts_of(pairs).sum(0)
    return Grid(pairs.sample, send(counts, pairs.sample.device), int(counts.max()))


def by_sensor(pairs: TokenPairs) -> Iterator[SensorTokens]:
    """The tokens of one sensor after the other; sensors of which nothing is predicted are left out."""
    known = counts_of(pairs)
    counts = send(known, pairs.sample.device)
    sizes, longest = torch.stack([known.sum(1), known.amax(1)]).tolist()
    order = torch.argsort(_cell(pairs), stable=True)
    for number, rows in enumerate(order.split(sizes)):
        if len(rows):
            yield SensorTokens(
                sensor=pairs.sensors[number],
                predicted=pairs.predicted[rows].float(),
                target=pairs.target[rows].float(),
                grid=Grid(pairs.sample[rows], counts[number], longest[number]),
            )


def counts_of(pairs: TokenPairs) -> Tensor:
    """How many tokens each sensor and sample has, int64 ``[sensors, B]`` in host memory."""
    if pairs.counts is not None:
        return pairs.counts
    counts = torch.zeros(len(pairs.sensors) * pairs.batch_size, dtype=torch.int64, device=pairs.sample.device)
    counts = counts.index_add_(0, _cell(pairs), torch.ones_like(pairs.sample))
    return counts.view(len(pairs.sensors), pairs.batch_size).cpu()


def _cell(pairs: TokenPairs) -> Tensor:
    """The sensor and sample of each token as one number, int64 ``[M]``."""
    return pairs.sensor * pairs.batch_size + pairs.sample


def sum_over_sensors(pairs: TokenPairs, loss: Callable[[SensorTokens], Tensor]) -> Tensor:
    """The sum of the sensors' losses, a float32 scalar; 0, with a graph, where nothing is predicted."""
    # The zero keeps the graph of a micro-batch without predictions, so that it can be trained on.
    zero = pairs.predicted.float().sum() * 0
    return torch.stack([zero, *(loss(tokens) for tokens in by_sensor(pairs))]).sum()


def standardised(predicted: Tensor) -> Tensor:
    """Every dimension of ``[m, D]`` with mean 0 and standard deviation 1 over the tokens; a single token becomes 0."""
    centred = predicted - predicted.mean(0)
    # One token has no standard deviation.
    return centred / (predicted.std(0) + 1e-4) if len(predicted) > 1 else centred


def token_cross_entropy(
    predicted: Tensor, target: Tensor, grid: Grid, tau: float, hidden: Tensor | None = None
) -> Tensor:
    """Minus the logarithm of the probability of each token's own target among the targets of its sample, ``[m]``.

    Args:
        predicted: float32 ``[m, D]``.
        target: float32 ``[m, D]``.
        grid: where the tokens belong.
        tau: temperature of the cosine similarities.
        hidden: bool ``[B, L, L]``, targets that do not take part; never a token's own.
    """
    scores = grid.products(normalize(predicted, dim=-1) / tau, normalize(target, dim=-1))
    if hidden is not None:
        scores = scores.masked_fill_(hidden, -torch.inf)
    return grid.negative_log_softmax(scores)


def discriminated_from_all(predicted: Tensor, target: Tensor, grid: Grid, tau: float) -> Tensor:
    """2 tau times the cross entropy of each token's own target among those of all tokens, a float32 scalar.

    It is the mean over each sample's tokens, then over all samples.

    Args:
        predicted: float32 ``[m, D]``.
        target: float32 ``[m, D]``.
        grid: where the tokens belong.
        tau: temperature of the cosine similarities.
    """
    predicted, target = normalize(predicted, dim=-1) / tau, normalize(target, dim=-1)
    cross_entropy = (predicted @ target.T).logsumexp(1) - (predicted * target).sum(1)
    return 2 * tau * (cross_entropy / grid.counts[grid.sample]).sum() / len(grid.counts)


@torch.no_grad()
def equal_targets(target: Tensor, grid: Grid, threshold: float) -> tuple[Tensor, Tensor]:
    """The targets that are no negatives, bool ``[B, L, L]``, and the samples that do not count, bool ``[B]``.

    Args:
        target: float32 ``[m, D]``.
        grid: where the tokens belong.
        threshold: cosine similarity above which two targets are equal.
    """
    target = normalize(target, dim=-1)
    equal = grid.products(target, target) > threshold
    negatives = (~equal & grid.inside[:, None]).sum(2)
    lonely = (negatives == 0) & grid.inside
    equal.diagonal(dim1=1, dim2=2).fill_(False)
    return equal, lonely.any(1) & (grid.counts > 1)

"""Logistic regressions of one problem with penalties from strong to weak, each fit going on from the one before."""

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

from spacenit_evals.principal_axes import principal_axes

TOLERANCE = 1e-4
"""Largest slope of the mean loss along any coefficient, in units in which its curvature is near 1, that ends a fit."""

_FLAT = 1e-9
"""Share of the loss that a step must gain: single precision sees no less."""

_VARIES = 1e-12
"""Share of the largest variance that a direction needs to count."""


_ROWS = 1024
"""Vectors at a time: those that gave the loss are still in the processor's cache when they give the slope."""


@frozen(kw_only=True, eq=False)
class LinearModel:
    """K functions of D features.

    Attributes:
        coefficients: float ``[K, D]``.
        offsets: float ``[K]``.
    """

    coefficients: np.ndarray
    offsets: np.ndarray

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """Their values, from ``[m, D]`` to ``[m, K]``."""
        values: np.ndarray = vectors @ self.coefficients.T + self.offsets
        return values


def logistic_path(
    vectors: np.ndarray,
    targets: np.ndarray,
    strengths: Sequence[float],
    *,
    exclusive: bool,
    weights: np.ndarray | None = None,
    max_iterations: int = 1000,
) -> Iterator[LinearModel]:
    """Fit logistic regressions, C as scikit-learn has it: ``C * sum of losses + sum of squared coefficients / 2``.

    Products are in single precision: the tolerance is far above its rounding.

    Args:
        vectors: float ``[n, D]``, finite.
        targets: bool ``[n, K]``.
        strengths: the inverse penalties C, ascending.
        exclusive: whether a sample is of exactly one class, so that one softmax is fitted; else each column is a
            problem of its own, and all are solved at once.
        weights: float ``[n, 1]`` or ``[n, K]``, what each sample counts for; 1 if None.
        max_iterations: of the solver, for each C.

    Yields:
        For each C the model, whose values are logits.
    """
    from scipy.optimize import minimize

    problem = _Problem(vectors, targets, exclusive, weights)
    values = problem.start()
    for strength in strengths:
        penalties = problem.penalties(strength)
        unit = problem.unit(penalties)
        found = minimize(
            problem,
            (values / unit).reshape(-1),
            args=(penalties, unit),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": max_iterations, "gtol": TOLERANCE, "ftol": _FLAT},
        ).x
        values = found.reshape(values.shape) * unit
        yield problem.model(values)


class _Problem:
    """The mean loss and its slope, in coordinates in which any vectors are solved alike fast.

    Vectors are turned onto their principal axes and divided by their deviation there, which a penalty of its own for
    each axis makes good. Coefficients are measured in the unit in which loss and penalty together curve by 1 where all
    classes are equally likely.
    """

    def __init__(self, vectors: np.ndarray, targets: np.ndarray, exclusive: bool, weights: np.ndarray | None) -> None:
        self.centre = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - self.centre
        sums, axes = principal_axes(centred)
        counted = sums > _VARIES * max(float(sums.max(initial=0.0)), 1e-300)
        self.deviations = np.sqrt(sums[counted] / len(vectors))
        self.axes = axes[:, counted] / self.deviations
        self.vectors = (centred @ self.axes).astype(np.float32)
        self.targets = targets.astype(np.float32)
        counts = np.ones((len(vectors), 1)) if weights is None else weights
        self.total = float(counts.sum(axis=0).mean())
        self.shares = (counts / self.total).astype(np.float32)
        self.exclusive = exclusive

    def start(self) -> np.ndarray:
        """No coefficients, and the offsets that are best without any, ``[K, R + 1]``."""
        share = (self.targets * self.shares).sum(axis=0, dtype=np.float64) / self.shares.sum(axis=0, dtype=np.float64)
        share = np.clip(share, 1e-6, 1 - 1e-6)
        values = np.zeros((len(share), self.vectors.shape[1] + 1))
        values[:, -1] = np.log(share) if self.exclusive else np.log(share / (1 - share))
        return values

    def penalties(self, strength: float) -> np.ndarray:
        """Of a squared coefficient along each axis, and of the offset, ``[R + 1]``."""
        return np.append(1.0 / (strength * self.total * self.deviations**2), 0.0)

    def unit(self, penalties: np.ndarray) -> np.ndarray:
        """In which coefficients are measured, ``[R + 1]``."""
        likely = 1 / self.targets.shape[1] if self.exclusive else 0.5
        unit: np.ndarray = 1 / np.sqrt(likely * (1 - likely) + penalties)
        return unit

    def __call__(self, flat: np.ndarray, penalties: np.ndarray, unit: np.ndarray) -> tuple[float, np.ndarray]:
        values = flat.reshape(self.targets.shape[1], -1) * unit
        single = values.astype(np.float32)
        loss, slope = float(np.sum(penalties * values**2)) / 2, penalties * values
        for start in range(0, len(self.vectors), _ROWS):
            rows = slice(start, start + _ROWS)
            vectors, shares = self.vectors[rows], self.shares[rows]
            logits = vectors @ single[:, :-1].T + single[:, -1]
            losses, residuals = (_softmax_loss if self.exclusive else _sigmoid_loss)(logits, self.targets[rows])
            loss += float(np.sum(losses * shares, dtype=np.float64))
            residuals *= shares
            slope[:, :-1] += residuals.T @ vectors
            slope[:, -1] += residuals.sum(axis=0, dtype=np.float64)
        return loss, (slope * unit).reshape(-1)

    def model(self, values: np.ndarray) -> LinearModel:
        coefficients = values[:, :-1] @ self.axes.T
        return LinearModel(coefficients=coefficients, offsets=values[:, -1] - coefficients @ self.centre)


def _softmax_loss(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The loss of each sample ``[n, 1]``, and predicted shares minus targets ``[n, K]``."""
    logits -= logits.max(axis=1, keepdims=True)
    shares = np.exp(logits)
    total = shares.sum(axis=1, keepdims=True)
    losses = np.log(total) - (logits * targets).sum(axis=1, keepdims=True)
    shares /= total
    shares -= targets
    return losses, shares


def _sigmoid_loss(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The losses ``[n, K]``, and predicted shares minus targets ``[n, K]``."""
    faded = np.exp(-np.abs(logits))
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(faded)
    shares = np.where(logits >= 0, 1, faded) / (1 + faded)
    shares -= targets
    return losses, shares

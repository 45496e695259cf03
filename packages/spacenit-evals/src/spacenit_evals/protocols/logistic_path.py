"""Logistic regressions of one problem with penalties from strong to weak, each fit going on from the one before."""

from collections.abc import Iterator, Sequence

import numpy as np
from attrs import frozen

TOLERANCE = 1e-5
"""Largest slope of the mean loss along any coefficient, of vectors whose mean square is 1, at which a fit ends."""


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
    found = problem.start()
    for strength in strengths:
        found = minimize(
            problem,
            found,
            args=(problem.penalty(strength),),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": max_iterations, "maxls": 50, "gtol": TOLERANCE, "ftol": 0.0},
        ).x
        yield problem.model(found)


class _Problem:
    """The mean loss and its slope, of centred vectors whose mean square is 1: so no tolerance depends on their unit."""

    def __init__(self, vectors: np.ndarray, targets: np.ndarray, exclusive: bool, weights: np.ndarray | None) -> None:
        self.centre = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - self.centre
        self.scale = float(np.sqrt(np.mean(centred**2))) or 1.0
        self.vectors = (centred / self.scale).astype(np.float32)
        self.targets = targets.astype(np.float32)
        counts = np.ones((len(vectors), 1)) if weights is None else weights
        self.total = float(counts.sum(axis=0).mean())
        self.shares = (counts / self.total).astype(np.float32)
        self.exclusive = exclusive

    def start(self) -> np.ndarray:
        """No coefficients, and the offsets that are best without any."""
        share = (self.targets * self.shares).sum(axis=0, dtype=np.float64) / self.shares.sum(axis=0, dtype=np.float64)
        share = np.clip(share, 1e-6, 1 - 1e-6)
        values = np.zeros((len(share), self.vectors.shape[1] + 1))
        values[:, -1] = np.log(share) if self.exclusive else np.log(share / (1 - share))
        return values.reshape(-1)

    def penalty(self, strength: float) -> float:
        return 1.0 / (strength * self.total * self.scale**2)

    def __call__(self, flat: np.ndarray, penalty: float) -> tuple[float, np.ndarray]:
        values = flat.reshape(self.targets.shape[1], -1)
        coefficients, offsets = values[:, :-1], values[:, -1]
        logits = self.vectors @ coefficients.T.astype(np.float32) + offsets.astype(np.float32)
        losses, residuals = (_softmax_loss if self.exclusive else _sigmoid_loss)(logits, self.targets)
        loss = float(np.sum(losses * self.shares, dtype=np.float64)) + penalty / 2 * float(np.sum(coefficients**2))
        residuals *= self.shares
        slope = np.empty_like(values)
        slope[:, :-1] = residuals.T @ self.vectors
        slope[:, :-1] += penalty * coefficients
        slope[:, -1] = residuals.sum(axis=0, dtype=np.float64)
        return loss, slope.reshape(-1)

    def model(self, flat: np.ndarray) -> LinearModel:
        values = flat.reshape(self.targets.shape[1], -1)
        coefficients = values[:, :-1] / self.scale
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

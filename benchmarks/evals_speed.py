"""How fast protocols on frozen vectors are (docs/performance.md).

    python benchmarks/evals_speed.py [--rounds 5] [--threads 1] [--parts knn,penalties]

`knn`: 20,000 training vectors of 768 numbers, 5,000 queries, 10 classes; ours (k 20, cosine, temperature 0.07) beside
the bare matrix product in single precision and scikit-learn's brute cosine with the same votes, all in turn;
predictions beside those of the same search in double precision. `penalties`: the 40 values of C of
`logistic_regression` on the same vectors, with 4,000 samples for validation and the fit on both, beside scikit-learn's
LogisticRegression on the path alone (warm start, its own tolerance), which needs standardised vectors to come to an
end. CPU seconds, the best and the median of the rounds.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable, Mapping
from typing import cast

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression as ScikitLogistic
from sklearn.neighbors import KNeighborsClassifier
from threadpoolctl import threadpool_limits

from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import EmbeddedPart, LabelledSplit, Prediction, ProtocolConfig
from spacenit_evals.protocols.logistic_regression import STRENGTHS, LogisticRegression
from spacenit_evals.protocols.published_knn import KNN20
from spacenit_evals.protocols.scaling import standardise

TRAIN, TEST, VALIDATION, DIMENSIONS, CLASSES = 20_000, 5_000, 4_000, 768, 10


def side(count: int, seed: int) -> EmbeddedPart:
    """Vectors of ten classes, correlated as those of encoders are."""
    shared, rng = np.random.default_rng(99), np.random.default_rng(seed)
    centres = 0.12 * shared.standard_normal((CLASSES, DIMENSIONS))
    mixing = shared.standard_normal((DIMENSIONS, DIMENSIONS)) / np.sqrt(np.arange(1, DIMENSIONS + 1))
    labels = rng.integers(0, CLASSES, count)
    vectors = (centres[labels] + rng.standard_normal((count, DIMENSIONS))) @ mixing
    return EmbeddedPart(labels=labels, groups=np.arange(count), vectors=vectors.astype(np.float32))


def predicted(config: ProtocolConfig, split: LabelledSplit) -> np.ndarray:
    """The classes that a protocol predicts."""
    return cast(Prediction, config.build().predict(cast(Embedder, None), split)).values


def in_double_precision(train: EmbeddedPart, test: EmbeddedPart) -> np.ndarray:
    """Votes of the 20 most similar vectors, computed plainly."""
    units = [part / np.linalg.norm(part, axis=1)[:, None] for part in (train.vectors.astype(np.float64), test.vectors)]
    found = []
    for query in np.array_split(units[1], 10):
        similarity = query @ units[0].T
        nearest = np.argsort(-similarity, axis=1)[:, :20]
        weight = np.exp(np.take_along_axis(similarity, nearest, axis=1) / 0.07)
        votes = [np.bincount(train.labels[row], of, CLASSES) for row, of in zip(nearest, weight, strict=True)]
        found.append(np.argmax(votes, axis=1))
    return np.concatenate(found)


def in_turn(sides: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each side in each round."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    return seconds


def report(part: str, seconds: Mapping[str, list[float]], **more: object) -> None:
    """One line of JSON."""
    told = {name: {"best": round(min(of), 2), "median": round(float(np.median(of)), 2)} for name, of in seconds.items()}
    print(json.dumps({"part": part, "seconds": told, **more}), flush=True)


def ratio(seconds: Mapping[str, list[float]], one: str, other: str) -> float:
    """The median of the ratios within each round."""
    return round(float(np.median(np.divide(seconds[one], seconds[other]))), 2)


def knn(rounds: int) -> None:
    """Nearest neighbours."""
    train, test = side(TRAIN, 0), side(TEST, 1)
    split = LabelledSplit(train=train, test=test, classes=CLASSES)
    scikit = KNeighborsClassifier(
        20, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / 0.07)
    ).fit(train.vectors, train.labels)
    seconds = in_turn(
        {
            "product": lambda: test.vectors @ train.vectors.T,
            "ours": lambda: predicted(KNN20(), split),
            "scikit-learn": lambda: scikit.predict(test.vectors),
        },
        rounds,
    )
    equal = float((predicted(KNN20(), split) == in_double_precision(train, test)).mean())
    report(
        "knn",
        seconds,
        ours_over_product=ratio(seconds, "ours", "product"),
        scikit_over_ours=ratio(seconds, "scikit-learn", "ours"),
        equal_to_double_precision=equal,
    )


def penalties(rounds: int) -> None:
    """The path over 40 values of C."""
    train, test, validation = side(TRAIN, 0), side(TEST, 1), side(VALIDATION, 2)
    split = LabelledSplit(train=train, test=test, validation=validation, classes=CLASSES)

    scaled, held_out = standardise(train.vectors, validation.vectors)

    def path_of_scikit() -> None:
        model = ScikitLogistic(warm_start=True, max_iter=1000)
        for strength in STRENGTHS:
            model.set_params(C=strength).fit(scaled, train.labels).predict(held_out)

    seconds = in_turn(
        {
            "ours": lambda: predicted(LogisticRegression(), split),
            "ours, standardised": lambda: predicted(LogisticRegression(standardise=True), split),
            "scikit-learn, standardised": path_of_scikit,
        },
        rounds,
    )
    report("penalties", seconds)


PARTS = {"knn": knn, "penalties": penalties}


def main() -> None:
    """See the module."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--parts", default=",".join(PARTS))
    chosen = options.parse_args()
    torch.set_num_threads(chosen.threads)
    warnings.simplefilter("ignore")
    with threadpool_limits(chosen.threads):
        for part in chosen.parts.split(","):
            PARTS[part](chosen.rounds)


if __name__ == "__main__":
    main()

"""Nearest neighbours as published tables have them: on the vectors as they are."""

from typing import Literal

from attrs import frozen

from spacenit_core.config.fields import above, at_least, one_of, setting
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.neighbours import Metric

_STANDARDISE = "whether features get mean 0 and deviation 1, by the training points, first"


@frozen(kw_only=True)
class KNN20(KNN):
    """k 20, cosine, temperature 0.07: Galileo (arXiv:2502.09356), OlmoEarth (arXiv:2511.13655)."""

    standardise: bool = setting(_STANDARDISE, False)


@frozen(kw_only=True)
class KNN200(KNN20):
    """k 200, cosine, temperature 0.1: PANGAEA (arXiv:2412.04204)."""

    k: int = setting("number of neighbours that vote", 200, validator=at_least(1))
    temperature: float = setting("how fast a vote fades with dissimilarity", 0.1, validator=above(0))


@frozen(kw_only=True)
class KNN5(KNN20):
    """k 5, distances, all votes alike: torchgeo-bench."""

    k: int = setting("number of neighbours that vote", 5, validator=at_least(1))
    metric: Metric = setting("what near means", "euclidean", validator=one_of(("cosine", "euclidean")))
    weights: Literal["similarity", "uniform"] = setting(
        "whether a vote counts by similarity (cosine alone), or all count the same",
        "uniform",
        validator=one_of(("similarity", "uniform")),
    )

"""Benchmark `sickle_yield`: how much a plot yields."""

from attrs import frozen

from spacenit_evals.benchmarks.sickle.config import SickleConfig


@frozen(kw_only=True)
class SickleYield(SickleConfig):
    """The yield of one plot in kilograms per acre, as its mask says; samples without a yield are left out."""

    name = "sickle_yield"
    predicts = "regression"

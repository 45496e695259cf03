"""Benchmark `sickle`: where paddy grows, and where anything else."""

from attrs import frozen

from spacenit_evals.benchmarks.sickle.config import SickleConfig


@frozen(kw_only=True)
class Sickle(SickleConfig):
    """Paddy or another crop for each cell of the plots of a side; what lies around them does not count."""

    name = "sickle"
    predicts = "segmentation"

"""Benchmark `treesatai_ts`: all genera of trees of a stand."""

from attrs import frozen

from spacenit_evals.benchmarks.treesatai_ts.config import TreeSatConfig


@frozen(kw_only=True)
class TreeSatAITS(TreeSatConfig):
    """Which of 15 genera a stand has, by a year of Sentinel-2 and Sentinel-1 (linear power there, dB here)."""

    name = "treesatai_ts"
    predicts = "multilabel"

"""Benchmark `treesatai_ts_leading`: the genus that has the largest share of a stand."""

from attrs import frozen

from spacenit_evals.benchmarks.treesatai_ts.config import TreeSatConfig


@frozen(kw_only=True)
class TreeSatAITSLeading(TreeSatConfig):
    """Which of 15 genera has the largest share of a stand; images as in `treesatai_ts`."""

    name = "treesatai_ts_leading"
    predicts = "classification"

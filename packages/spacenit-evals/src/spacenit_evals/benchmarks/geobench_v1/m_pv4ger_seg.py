"""Benchmark `m_pv4ger_seg`: outlines of solar panels on German roofs (Mayer et al. 2022)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.m_pv4ger import MPv4Ger


@frozen(kw_only=True)
class MPv4GerSeg(MPv4Ger):
    """320 x 320 pixels of 0.1 m in colours, each of them of a solar panel or not."""

    predicts = "segmentation"
    set_name = "m-pv4ger-seg"
    places = ("*_v1.0/m-pv4ger-seg", "m-pv4ger-seg")

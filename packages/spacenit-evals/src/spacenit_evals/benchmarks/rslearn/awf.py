"""Benchmark `awf`: land use and land cover of southern Kenya (African Wildlife Foundation, by Allen AI)."""

from attrs import frozen

from spacenit_evals.benchmarks.rslearn.config import RslearnConfig


@frozen(kw_only=True)
class Awf(RslearnConfig):
    """Labelled places with Sentinel-2 of 2023, 9 classes; Sentinel-1 by name."""

    title = "AWF"
    predicts = "segmentation"
    variable = "AWF_DIR"
    source = "the hub data set allenai/olmoearth_projects_awf"
    licence = "Apache-2.0"
    label_layers = (("label", "category"), ("label_raster", "label"))
    classes = (
        "woodland forest",
        "open water",
        "shrubland and savanna",
        "herbaceous wetland",
        "grassland and barren",
        "agriculture and settlement",
        "montane forest",
        "lava forest",
        "urban and dense development",
    )
    unlabelled = (9, 255)

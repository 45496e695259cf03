"""Benchmark `nandi`: crops and land cover of the county Nandi in Kenya (CGIAR/IFPRI, by Allen AI)."""

from attrs import frozen

from spacenit_evals.benchmarks.rslearn.config import RslearnConfig


@frozen(kw_only=True)
class Nandi(RslearnConfig):
    """Labelled places with a year of Sentinel-2 from September 2022 on, 10 classes; Sentinel-1 by name."""

    title = "Nandi"
    predicts = "segmentation"
    variable = "NANDI_DIR"
    source = "the hub data set allenai/olmoearth_projects_nandi"
    licence = "as the page of the hub data set states"
    label_layers = (("label", "category"), ("label_raster", "label"))
    classes = (
        "coffee",
        "grassland",
        "trees",
        "maize",
        "sugarcane",
        "tea",
        "vegetables",
        "legumes",
        "water",
        "built-up",
    )
    unlabelled = (10, 255)

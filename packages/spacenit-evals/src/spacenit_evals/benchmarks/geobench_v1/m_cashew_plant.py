"""Benchmark `m_cashew_plant`: cashew plantations of Benin in Sentinel-2 images (Yin et al. 2023)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.config import AS_TOP_OF_ATMOSPHERE, GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.sentinel2_names import WITHOUT_CIRRUS


@frozen(kw_only=True)
class MCashewPlant(GeoBenchConfig):
    """256 x 256 pixels of 10 m, twelve bands of level 2A, six classes; ground without a label does not count.

    25 dates of one place are samples of their own. The publisher says 0.5 m.
    """

    predicts = "segmentation"
    set_name = "m-cashew-plant"
    places = ("*_v1.0/m-cashew-plant", "m-cashew-plant")
    licence = "CC-BY-4.0"
    sensor = "sentinel2_l2a"
    others = AS_TOP_OF_ATMOSPHERE
    stored = StoredBands(names=WITHOUT_CIRRUS)
    classes = (
        "no data",
        "well-managed plantation",
        "poorly-managed plantation",
        "non-plantation",
        "residential",
        "background",
        "uncertain",
    )
    no_data = 0
    places_by_labels = True
    ground_size = 10.0
    published_ground_size = 0.5

"""Benchmark `m_sa_crop_type`: crops of the Western Cape in Sentinel-2 images (Radiant Earth 2021)."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v1.config import AS_TOP_OF_ATMOSPHERE, GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.sentinel2_names import WITHOUT_CIRRUS
from spacenit_evals.benchmarks.held_sensors import Statistics


@frozen(kw_only=True)
class MSACropType(GeoBenchConfig):
    """256 x 256 pixels of 10 m, twelve bands of Sentinel-2 in 8 bit, nine crops; ground without a label does not count.

    Numbers are no reflectance: a model's own statistics do not fit. Up to five images of one place are samples.
    """

    predicts = "segmentation"
    set_name = "m-SA-crop-type"
    places = ("*_v1.0/m-SA-crop-type", "m-SA-crop-type")
    licence = "CC-BY-4.0"
    sensor = "sentinel2_l2a"
    others = AS_TOP_OF_ATMOSPHERE
    in_units = False
    stored = StoredBands(names=WITHOUT_CIRRUS)
    classes = (
        "No Data",
        "Lucerne/Medics",
        "Planted pastures (perennial)",
        "Fallow",
        "Wine grapes",
        "Weeds",
        "Small grain grazing",
        "Wheat",
        "Canola",
        "Rooibos",
    )
    no_data = 0
    places_by_labels = True
    ground_size = 10.0

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")

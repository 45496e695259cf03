"""Optical sensors, and the index that is computed from one."""

from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import BandGroup, MeanStd, MinMax, NormalizedDifference, SensorSpec

_SENTINEL2_NAMES = {
    "B01": ("coastal",),
    "B02": ("blue",),
    "B03": ("green",),
    "B04": ("red",),
    "B05": ("rededge", "rededge1", "rededge071", "re1", "vre1"),
    "B06": ("rededge2", "rededge075", "re2", "vre2"),
    "B07": ("rededge3", "rededge078", "re3", "vre3"),
    "B08": ("nir", "broad nir", "nir broad", "wide nir"),
    "B8A": ("nir08", "narrow nir", "nir narrow", "rededge4", "re4"),
    "B09": ("nir09", "water vapour", "water vapor"),
    "B11": ("swir16",),
    "B12": ("swir22",),
}
_SENTINEL2_NANOMETRES = {
    "B01": 442.7,
    "B02": 492.4,
    "B03": 559.8,
    "B04": 664.6,
    "B05": 704.1,
    "B06": 740.5,
    "B07": 782.8,
    "B08": 832.8,
    "B8A": 864.7,
    "B09": 945.1,
    "B11": 1613.7,
    "B12": 2202.4,
}
_SENTINEL2_WORDS = ("s2", "s2a", "s2b", "s2c", "sentinel", "sentinel2", "s30", "msi", "vegetation")

SENTINEL2_L2A = SensorSpec(
    name="sentinel2_l2a",
    summary="Sentinel-2 level 2A surface reflectance, 12 bands",
    band_groups=(
        BandGroup(bands=("B02", "B03", "B04", "B08"), gsd=10.0),
        BandGroup(bands=("B05", "B06", "B07", "B8A", "B11", "B12"), gsd=20.0),
        BandGroup(bands=("B01", "B09"), gsd=40.0),
    ),
    temporal=True,
    rgb=("B04", "B03", "B02"),
    units="reflectance x 10,000",
    value_range=(-1000.0, 28000.0),
    zeros_are_missing=True,
    stored_per_unit=10000.0,
    product_offset=1000.0,
    normalization=MeanStd(
        mean=(
            1188.9412572078477,
            1407.7739105458452,
            1513.0573882432757,
            2755.481305028308,
            1890.9893042634167,
            2483.7812315422448,
            2722.728248756412,
            2885.570263047681,
            2562.852607796968,
            1914.1383249044113,
            1115.8494388252218,
            3269.812554170875,
        ),
        std=(
            1859.1923971769581,
            1727.7387413631088,
            1740.7757298757895,
            1612.2565699990187,
            1754.7320388511766,
            1622.1172720635755,
            1621.8226170190276,
            1611.3587521042082,
            1441.5471830655151,
            1328.8914382756407,
            1955.6991794280914,
            2651.088425085525,
        ),
    ),
    order=0,
    naming=BandNaming(
        others=_SENTINEL2_NAMES,
        nanometres=_SENTINEL2_NANOMETRES,
        around=(*_SENTINEL2_WORDS, "l2a", "msil2a", "boa"),
    ),
)

SENTINEL2 = SensorSpec(
    name="sentinel2",
    summary="Sentinel-2 level 1C top-of-atmosphere reflectance, 13 bands",
    band_groups=(
        BandGroup(bands=("B02", "B03", "B04", "B08"), gsd=10.0),
        BandGroup(bands=("B05", "B06", "B07", "B8A", "B11", "B12"), gsd=20.0),
        BandGroup(bands=("B01", "B09", "B10"), gsd=40.0),
    ),
    temporal=True,
    rgb=("B04", "B03", "B02"),
    units="reflectance x 10,000",
    value_range=(-1000.0, 28000.0),
    zeros_are_missing=True,
    stored_per_unit=10000.0,
    product_offset=1000.0,
    normalization=MinMax(low=(0.0,) * 13, high=(10000.0,) * 13),
    naming=BandNaming(
        others={**_SENTINEL2_NAMES, "B10": ("cirrus",)},
        nanometres={**_SENTINEL2_NANOMETRES, "B10": 1373.5},
        around=(*_SENTINEL2_WORDS, "l1c", "msil1c", "toa"),
    ),
)

LANDSAT = SensorSpec(
    name="landsat",
    summary="Landsat 8 and 9 collection 2 level 1, 11 bands",
    band_groups=(
        BandGroup(bands=("B8",), gsd=10.0),
        BandGroup(bands=("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9", "B10", "B11"), gsd=20.0),
    ),
    temporal=True,
    rgb=("B4", "B3", "B2"),
    units="digital number",
    value_range=(0.0, 65535.0),
    zeros_are_missing=True,
    stored_per_unit=None,
    normalization=MeanStd(
        mean=(
            10132.090998288624,
            11000.959519415692,
            10493.416292898208,
            10146.318478942761,
            10236.446029167704,
            14427.021492873682,
            12164.08145353199,
            9712.032951062303,
            4585.469566989013,
            21347.89356940543,
            19686.23205859348,
        ),
        std=(
            7788.7282476413675,
            7857.9205791510285,
            7872.392135393957,
            7676.2774595217115,
            8038.218121686258,
            9302.431605916356,
            7442.390533225441,
            6037.712185433222,
            2549.745355740949,
            10957.2815012006,
            9911.421224126807,
        ),
    ),
    order=6,
    naming=BandNaming(
        others={
            "B1": ("coastal",),
            "B2": ("blue",),
            "B3": ("green",),
            "B4": ("red",),
            "B5": ("nir", "nir08"),
            "B6": ("swir16",),
            "B7": ("swir22",),
            "B8": ("pan",),
            "B9": ("cirrus",),
            "B10": ("lwir11", "tir1", "tirs1", "thermal1", "thermal infrared 1", "thermal infrared tirs 1"),
            "B11": ("lwir12", "tir2", "tirs2", "thermal2", "thermal infrared 2", "thermal infrared tirs 2"),
        },
        nanometres={
            "B1": 443.0,
            "B2": 482.0,
            "B3": 561.4,
            "B4": 654.6,
            "B5": 864.7,
            "B6": 1608.9,
            "B7": 2200.7,
            "B8": 589.5,
            "B9": 1373.4,
            "B10": 10895.0,
            "B11": 12005.0,
        },
        around=(
            *("sr", "st", "toa", "landsat", "landsat8", "landsat9", "l8", "l9", "l30", "lc8", "lc9", "oli", "tirs"),
            *("l1tp", "l1gt", "l2sp", "l2sr", "t1", "t2", "rt"),
        ),
    ),
)

_NAIP_BANDS = ("R", "G", "B", "IR")
_NAIP_STATISTICS = MeanStd(
    mean=(
        102.38483102526445,
        109.30740000109955,
        94.091226598439,
        128.47451396620818,
    ),
    std=(
        47.60173736860241,
        41.201837847619906,
        35.850839436913006,
        55.60295757894139,
    ),
)

NAIP = SensorSpec(
    name="naip",
    summary="NAIP aerial imagery on a grid of its own, 0.625 m",
    band_groups=(BandGroup(bands=_NAIP_BANDS, gsd=0.625),),
    temporal=False,
    rgb=("R", "G", "B"),
    grid_gsd=0.625,
    units="digital number",
    value_range=(0.0, 255.0),
    stored_per_unit=None,
    normalization=_NAIP_STATISTICS,
    order=7,
)

NAIP_10 = SensorSpec(
    name="naip_10",
    summary="NAIP aerial imagery, 2.5 m pixels on the 10 m grid",
    band_groups=(BandGroup(bands=_NAIP_BANDS, gsd=0.625),),
    temporal=False,
    rgb=("R", "G", "B"),
    pixels_per_cell=4,
    units="digital number",
    value_range=(0.0, 255.0),
    stored_per_unit=None,
    normalization=_NAIP_STATISTICS,
    order=8,
)

NDVI = SensorSpec(
    name="ndvi",
    summary="normalised difference vegetation index, from Sentinel-2",
    band_groups=(BandGroup(bands=("ndvi",), gsd=10.0),),
    temporal=True,
    units="1",
    value_range=(-1.0, 1.0),
    normalization=MinMax(low=(-1.0,), high=(1.0,)),
    derived=NormalizedDifference(
        source="sentinel2_l2a",
        positive=SENTINEL2_L2A.bands.index("B08"),
        negative=SENTINEL2_L2A.bands.index("B04"),
    ),
    in_raw_layout=False,
    order=15,
)

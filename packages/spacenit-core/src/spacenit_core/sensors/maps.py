"""Maps: land cover, crops, infrastructure, population, canopy height."""

from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import AsIs, BandGroup, MeanStd, MinMax, OneHot, SensorSpec

WORLDCOVER = SensorSpec(
    name="worldcover",
    summary="ESA WorldCover land cover codes",
    band_groups=(BandGroup(bands=("B1",), gsd=10.0),),
    temporal=False,
    categorical=True,
    units="class code",
    value_range=(0.0, 100.0),
    normalization=MeanStd(
        mean=(34.04615796218091,),
        std=(24.232421963981864,),
    ),
    order=2,
    naming=BandNaming(others={"B1": ("map", "land cover", "worldcover", "classification")}),
)

_WORLDCOVER_CODES = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)

WORLDCOVER_ONEHOT = SensorSpec(
    name="worldcover_onehot",
    summary="ESA WorldCover as one indicator per class",
    band_groups=(BandGroup(bands=tuple(f"class_{code}" for code in _WORLDCOVER_CODES), gsd=10.0),),
    temporal=False,
    units="1",
    value_range=(0.0, 1.0),
    normalization=AsIs(bands=len(_WORLDCOVER_CODES)),
    derived=OneHot(source="worldcover", codes=_WORLDCOVER_CODES),
    in_raw_layout=False,
    order=3,
)

_WORLDCEREAL_BANDS = (
    "tc-annual-temporarycrops-classification",
    "tc-maize-main-irrigation-classification",
    "tc-maize-main-maize-classification",
    "tc-maize-second-irrigation-classification",
    "tc-maize-second-maize-classification",
    "tc-springcereals-springcereals-classification",
    "tc-wintercereals-irrigation-classification",
    "tc-wintercereals-wintercereals-classification",
)

WORLDCEREAL = SensorSpec(
    name="worldcereal",
    summary="ESA WorldCereal crop and irrigation maps, 8 products",
    band_groups=(BandGroup(bands=_WORLDCEREAL_BANDS, gsd=10.0),),
    temporal=False,
    categorical=True,
    units="percent",
    value_range=(0.0, 255.0),
    normalization=MinMax(low=(0.0,) * 8, high=(100.0,) * 8),
    order=12,
    naming=BandNaming(
        others={band: (band.removesuffix("-classification"),) for band in _WORLDCEREAL_BANDS},
        around=("esa", "aez", "global"),
    ),
)

_OPENSTREETMAP_BANDS = (
    "aerialway_pylon",
    "aerodrome",
    "airstrip",
    "amenity_fuel",
    "building",
    "chimney",
    "communications_tower",
    "crane",
    "flagpole",
    "fountain",
    "generator_wind",
    "helipad",
    "highway",
    "leisure",
    "lighthouse",
    "obelisk",
    "observatory",
    "parking",
    "petroleum_well",
    "power_plant",
    "power_substation",
    "power_tower",
    "river",
    "runway",
    "satellite_dish",
    "silo",
    "storage_tank",
    "taxiway",
    "water_tower",
    "works",
)

OPENSTREETMAP = SensorSpec(
    name="openstreetmap",
    summary="OpenStreetMap features of 30 categories, as vectors",
    band_groups=(BandGroup(bands=_OPENSTREETMAP_BANDS, gsd=0.625),),
    temporal=False,
    units="1",
    value_range=(0.0, 1.0),
    in_raw_layout=False,
)

OPENSTREETMAP_RASTER = SensorSpec(
    name="openstreetmap_raster",
    summary="OpenStreetMap features of 30 categories, as indicators",
    band_groups=(BandGroup(bands=_OPENSTREETMAP_BANDS, gsd=2.5),),
    temporal=False,
    categorical=True,
    units="1",
    value_range=(0.0, 1.0),
    normalization=MinMax(low=(0.0,) * 30, high=(1.0,) * 30),
    raw_all_zero_is_absent=True,
    order=4,
)

CDL = SensorSpec(
    name="cdl",
    summary="USDA cropland data layer",
    band_groups=(BandGroup(bands=("cdl",), gsd=10.0),),
    temporal=False,
    categorical=True,
    units="class code",
    value_range=(0.0, 255.0),
    normalization=MeanStd(
        mean=(100.0,),
        std=(50.0,),
    ),
    order=10,
    naming=BandNaming(others={"cdl": ("cropland", "crop")}),
)

WORLDPOP = SensorSpec(
    name="worldpop",
    summary="WorldPop population density",
    band_groups=(BandGroup(bands=("B1",), gsd=10.0),),
    temporal=False,
    units="people per pixel",
    value_range=(0.0, 1e6),
    normalization=MeanStd(
        mean=(150.0,),
        std=(100.0,),
    ),
    order=11,
    naming=BandNaming(others={"B1": ("population", "worldpop")}),
)

WRI_CANOPY_HEIGHT_MAP = SensorSpec(
    name="wri_canopy_height_map",
    summary="WRI and Meta canopy height",
    band_groups=(BandGroup(bands=("B1",), gsd=10.0),),
    temporal=False,
    units="m",
    value_range=(0.0, 255.0),
    normalization=MeanStd(
        mean=(10.0,),
        std=(5.0,),
    ),
    order=13,
    naming=BandNaming(others={"B1": ("canopy height", "height", "chm")}),
)

EUROCROPS = SensorSpec(
    name="eurocrops",
    summary="EuroCrops crop type codes",
    band_groups=(BandGroup(bands=("B1",), gsd=10.0),),
    temporal=False,
    categorical=True,
    units="class code",
    value_range=(0.0, 65535.0),
    normalization=MeanStd(
        mean=(150.0,),
        std=(150.0,),
    ),
    order=16,
)

"""Weather and climate reanalyses."""

from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

_MONTHLY_BANDS = (
    "2m-temperature",
    "2m-dewpoint-temperature",
    "surface-pressure",
    "10m-u-component-of-wind",
    "10m-v-component-of-wind",
    "total-precipitation",
)

ERA5 = SensorSpec(
    name="era5",
    summary="ERA5 monthly weather on a grid of its own, 160 m",
    band_groups=(BandGroup(bands=_MONTHLY_BANDS, gsd=160.0),),
    temporal=True,
    grid_gsd=160.0,
    units="K, K, Pa, m/s, m/s, m",
    value_range=(-100.0, 110000.0),
    in_raw_layout=False,
)

ERA5_10 = SensorSpec(
    name="era5_10",
    summary="ERA5 monthly weather, one value per sample",
    band_groups=(BandGroup(bands=_MONTHLY_BANDS, gsd=2560.0),),
    temporal=True,
    spatial=False,
    units="K, K, Pa, m/s, m/s, m",
    value_range=(-100.0, 110000.0),
    normalization=MeanStd(
        mean=(
            294.50472126252856,
            285.4559527246544,
            93020.7548015346,
            -0.34763355416884184,
            0.1255414511094536,
            0.0027392657043728242,
        ),
        std=(
            8.411936534534556,
            9.404737682243573,
            9569.325560265575,
            1.292515224265983,
            1.1178926517853272,
            0.003682535319040505,
        ),
    ),
    raw_all_zero_is_absent=True,
    order=14,
)

ERA5L_DAY_10 = SensorSpec(
    name="era5l_day_10",
    summary="ERA5-Land daily weather, one value per sample",
    band_groups=(
        BandGroup(
            bands=("d2m", "e", "pev", "ro", "sp", "ssr", "ssrd", "str", "swvl1", "swvl2", "t2m", "tp", "u10", "v10"),
            gsd=2560.0,
        ),
    ),
    temporal=True,
    spatial=False,
    units="SI units of ERA5-Land",
    value_range=(-1e8, 1e8),
    raw_nodata=(-9999.0,),
)

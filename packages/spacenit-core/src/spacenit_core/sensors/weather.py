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

# In K, K, Pa, m/s, m/s and m: from the coldest plateau to the deepest valley, and the wettest day.
_MONTHLY_RANGES = ((170.0, 340.0), (150.0, 320.0), (30_000.0, 110_000.0), (-100.0, 100.0), (-100.0, 100.0), (0.0, 2.0))

ERA5 = SensorSpec(
    name="era5",
    summary="ERA5 monthly weather on a grid of its own, 160 m",
    band_groups=(BandGroup(bands=_MONTHLY_BANDS, gsd=160.0),),
    temporal=True,
    grid_gsd=160.0,
    units="K, K, Pa, m/s, m/s, m",
    value_range=(-100.0, 110000.0),
    band_ranges=_MONTHLY_RANGES,
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
    band_ranges=_MONTHLY_RANGES,
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

_DAILY_BANDS = ("d2m", "e", "pev", "ro", "sp", "ssr", "ssrd", "str", "swvl1", "swvl2", "t2m", "tp", "u10", "v10")
_DAILY_RANGES = {
    **{"d2m": (150.0, 320.0), "sp": (30_000.0, 110_000.0), "swvl1": (-0.1, 1.0), "swvl2": (-0.1, 1.0)},
    **{"t2m": (170.0, 340.0), "tp": (-0.1, 3.0), "u10": (-100.0, 100.0), "v10": (-100.0, 100.0)},
}

ERA5L_DAY_10 = SensorSpec(
    name="era5l_day_10",
    summary="ERA5-Land daily weather, one value per sample",
    band_groups=(BandGroup(bands=_DAILY_BANDS, gsd=2560.0),),
    temporal=True,
    spatial=False,
    units="SI units of ERA5-Land",
    value_range=(-1e8, 1e8),
    band_ranges=tuple(_DAILY_RANGES.get(band, (-1e8, 1e8)) for band in _DAILY_BANDS),
    raw_nodata=(-9999.0,),
)

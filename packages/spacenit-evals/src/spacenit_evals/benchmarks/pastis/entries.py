"""Benchmarks `pastis_sentinel2`, `pastis128_sentinel1` and so on: PASTIS-R by sensors and size."""

from attrs import frozen

from spacenit_evals.benchmarks.pastis.config import Pastis64, Pastis128


@frozen(kw_only=True)
class PastisSentinel2(Pastis64):
    """Quarters of patches with 19 kinds of fields, 64 x 64 pixels, Sentinel-2 in twelve months."""

    uses = ("sentinel2",)


@frozen(kw_only=True)
class PastisSentinel1(Pastis64):
    """Quarters of patches with 19 kinds of fields, 64 x 64 pixels, Sentinel-1 in twelve months."""

    uses = ("sentinel1",)


@frozen(kw_only=True)
class PastisBoth(Pastis64):
    """Quarters of patches with 19 kinds of fields, 64 x 64 pixels, Sentinel-1 and 2 in twelve months."""

    uses = ("sentinel1", "sentinel2")


@frozen(kw_only=True)
class Pastis128Sentinel2(Pastis128):
    """Patches with 19 kinds of fields, 128 x 128 pixels, Sentinel-2 in twelve months."""

    uses = ("sentinel2",)


@frozen(kw_only=True)
class Pastis128Sentinel1(Pastis128):
    """Patches with 19 kinds of fields, 128 x 128 pixels, Sentinel-1 in twelve months."""

    uses = ("sentinel1",)


@frozen(kw_only=True)
class Pastis128Both(Pastis128):
    """Patches with 19 kinds of fields, 128 x 128 pixels, Sentinel-1 and 2 in twelve months."""

    uses = ("sentinel1", "sentinel2")

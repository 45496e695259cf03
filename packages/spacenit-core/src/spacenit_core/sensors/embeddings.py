"""Embeddings of other models, used as sensors."""

from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

GSE = SensorSpec(
    name="gse",
    summary="Google satellite embeddings (AlphaEarth), 64 dimensions",
    band_groups=(BandGroup(bands=tuple(f"A{number:02d}" for number in range(64)), gsd=10.0),),
    temporal=False,
    units="(embedding + 1) x 8192",
    value_range=(0.0, 16384.0),
    stored_per_unit=None,
    normalization=MeanStd(mean=(8192.0,) * 64, std=(4096.0,) * 64),
    order=9,
)

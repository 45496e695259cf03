"""What a person should look at after tiling."""

from collections.abc import Iterator, Sequence

from spacenit_core.sensors.absent import absent_bands_note
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.tile.facts import SensorFacts
from spacenit_data.tile.plan import TilePlan
from spacenit_data.tile.settings import TileSettings

MUCH_MISSING = 0.2
"""Share of missing pixels from which on it is worth a remark."""


def remarks_on(plan: TilePlan, sensors: Sequence[SensorSpec], settings: TileSettings) -> Iterator[str]:
    """Everything remarkable about the samples, one text each."""
    for spec in sensors:
        facts = plan.sensors.get(spec.name)
        if facts is None:
            yield f"{spec.name} is in no sample: none of its files has pixels where samples lie"
            continue
        yield from filter(None, (_outside(spec, facts), _absent(spec, facts), _missing(spec, facts, settings)))
        if spec.normalization is None:
            yield f"{spec.name} has no normalisation statistics yet: `spacenit-run data stats` makes them"


def _outside(spec: SensorSpec, facts: SensorFacts) -> str:
    """Values that the sensor cannot have."""
    if not any(facts.outside):
        return ""
    worst = max(range(len(spec.bands)), key=lambda channel: facts.outside[channel] / max(1, facts.present[channel]))
    share, (low, high) = facts.outside[worst] / facts.present[worst], spec.value_range
    return (
        f"{spec.name}: {share:.2%} of the pixels of {spec.bands[worst]} lie outside {low:g} to {high:g}"
        f"{f' {spec.units}' if spec.units else ''}: they reach from {facts.low[worst]:g} to {facts.high[worst]:g}. "
        "Are these the sensor's units? --scale and --offset convert them; --nodata names a number that marks missing "
        "pixels"
    )


def _absent(spec: SensorSpec, facts: SensorFacts) -> str:
    """Bands without any pixel, and the bands that they take along."""
    return absent_bands_note(spec, [band for band, count in zip(spec.bands, facts.present, strict=True) if count])


def _missing(spec: SensorSpec, facts: SensorFacts, settings: TileSettings) -> str:
    """Missing pixels of bands that are there."""
    there = [count for count in facts.present if count]
    share = 1.0 - sum(there) / max(1, facts.values // len(spec.bands) * len(there))
    if share <= MUCH_MISSING:
        return ""
    advice = [
        *(["--edges shift"] if settings.edges == "pad" else []),
        *(["--min-valid"] if settings.min_valid == 0.0 else [f"a --min-valid above {settings.min_valid:g}"]),
    ]
    verb = "leaves" if len(advice) == 1 else "leave"
    return (
        f"{spec.name}: {share:.0%} of its pixels are missing, and windows there teach nothing: "
        f"{' and '.join(advice)} {verb} fewer"
    )

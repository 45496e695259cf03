"""All rules, in the order of their findings."""

from collections.abc import Callable, Iterator

from spacenit_evals.checks import bands, dates, labels, optical, radar, splits, units
from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

Rule = Callable[[Survey], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    units.not_numbers,
    units.units,
    radar.radar_units,
    radar.polarisations,
    optical.cirrus,
    optical.near_infrared,
    optical.water_vapour,
    bands.missing_bands,
    bands.constant_bands,
    bands.repeated_bands,
    dates.invented_dates,
    dates.impossible_dates,
    dates.unordered_dates,
    dates.months,
    labels.labels_outside,
    labels.empty_classes,
    labels.unlabelled_samples,
    labels.classes_of_sides,
    splits.empty_sides,
    splits.repeated_samples,
    splits.shared_ground,
)

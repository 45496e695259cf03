"""Rules for dates: days that no calendar has, and months that do not fit the weather."""

from collections.abc import Iterator

import numpy as np

from spacenit_data.months import exists
from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

NORTH, SOUTH = 30.0, -20.0
"""Degrees of latitude beyond which there are summers and winters."""

_WARMEST = {"north": 6.0, "south": 0.0}
"""The month from 0 in which the warmest time of a year falls on average."""

MOST_OFF = 0.5
"""Months off: dates that count by the first or by the middle day of a month-long step are within."""

_FEWEST = 20
"""Samples that say something together."""


def invented_dates(survey: Survey) -> Iterator[Finding]:
    """Dates that stand for those that the data do not have."""
    if survey.benchmark.facts.dates_invented:
        day, month, year = survey.dates[0][0].tolist()
        yield Finding(
            "invented_dates",
            "note",
            f"the data have no whole dates: {year}-{month + 1:02}-{day:02} and others like it are invented",
            expected="the days that images were taken, or models that do without",
        )


def impossible_dates(survey: Survey) -> Iterator[Finding]:
    """Dates that no calendar has; months are counted from 0."""
    wrong = [dates for dates in survey.dates if not all(exists(day, month + 1, year) for day, month, year in dates)]
    if wrong:
        day, month, year = next(row for row in wrong[0].tolist() if not exists(row[0], row[1] + 1, row[2]))
        yield Finding(
            "impossible_dates",
            "error",
            f"{len(wrong)} of {len(survey.dates)} samples have dates that no calendar has, first day {day}, month "
            f"{month} (from 0), year {year}",
            expected="day 1 to 31, month 0 to 11, year",
            remedy="count months from 0",
        )


def unordered_dates(survey: Survey) -> Iterator[Finding]:
    """Series whose dates go back."""
    days = [(dates[:, 2] * 12 + dates[:, 1]) * 31 + dates[:, 0] for dates in survey.dates]
    back = sum(bool((np.diff(series) < 0).any()) for series in days)
    if back:
        yield Finding(
            "unordered_dates",
            "warning",
            f"the dates of {back} of {len(days)} samples go back",
            expected="dates that ascend",
            remedy="sort the images by date",
        )


def months(survey: Survey) -> Iterator[Finding]:
    """Whether the warmest time of the year is summer, where samples hold temperatures of a year."""
    off = _offsets(survey)
    if len(off) < _FEWEST:
        return
    turned = np.exp(2j * np.pi * np.array(off) / 12)
    mean = float(np.angle(turned.mean()) * 12 / (2 * np.pi))
    if abs(mean) <= MOST_OFF:
        return
    yield Finding(
        "months",
        "error",
        f"the warmest time of the year is {abs(mean):.1f} months {'after' if mean > 0 else 'before'} the middle of "
        f"July north of {NORTH:g} degrees, or of January south of {SOUTH:g}, on average of {len(off)} samples",
        expected=f"at most {MOST_OFF:g} months off",
        remedy="months are counted from 0, and by the days that images were taken",
    )


def _offsets(survey: Survey) -> list[float]:
    """By how many months each sample's warmest time is late, of samples with a whole year and seasons."""
    found = []
    for dates, degrees, (latitude, _) in zip(survey.dates, survey.temperatures, survey.latlon, strict=True):
        half = "north" if latitude > NORTH else "south" if latitude < SOUTH else ""
        known = np.isfinite(degrees)
        if not half or len(np.unique(dates[known, 1])) < 12:
            continue
        month, warmth = dates[known, 1], degrees[known] - degrees[known].mean()
        warmest = np.angle(np.sum(warmth * np.exp(2j * np.pi * month / 12))) * 12 / (2 * np.pi)
        found.append(float((warmest - _WARMEST[half] + 6) % 12 - 6))
    return found

"""Rules for splits: sides without samples, and samples of one side that are known from another."""

from collections.abc import Iterator

import numpy as np

from spacenit_core.kinds.benchmarks import Split
from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

_EARTH = 6_371_000.0
"""Metres."""

_OVERLAPPING = 0.5
"""Share of a sample's width below which two overlap for certain: neighbours are one width apart, less in degrees."""


def empty_sides(survey: Survey) -> Iterator[Finding]:
    """Sides that hold no sample, or only unlabelled ones."""
    labelled = survey.labels.counts.sum(axis=1) > 0
    if survey.benchmark.facts.task == "multilabel":
        labelled[:] = True
    for split in _splits(survey):
        sides = {"train": split.train, "test": split.test, "validation": split.validation}
        empty = [name for name, side in sides.items() if side is not None and not (side & labelled).any()]
        if empty:
            yield Finding(
                "empty_sides",
                "error",
                f"a split has no labelled sample on the side {' and '.join(empty)}",
                expected="samples to train on and to test on",
                remedy="split otherwise",
            )
            return


def repeated_samples(survey: Survey) -> Iterator[Finding]:
    """Samples with the same bytes: on two sides, or on one."""
    digests = np.array(survey.digests)
    known = digests != ""
    _, place, count = np.unique(digests[known], return_inverse=True, return_counts=True)
    kind = np.full(len(digests), -1)
    kind[known] = place.reshape(-1)
    leaked = 0
    for split in _splits(survey):
        train, test = (np.unique(kind[side[survey.read]]) for side in (split.train, split.test))
        both = np.intersect1d(train, test)
        leaked = max(leaked, int(np.isin(kind[split.test[survey.read]], both[both >= 0]).sum()))
    if leaked:
        yield Finding(
            "repeated_samples",
            "error",
            f"{leaked} test samples have the bytes of a training sample",
            expected="no sample on two sides",
            remedy="leave them out on one side",
        )
    repeats = int((count - 1).sum())
    if repeats and not leaked:
        yield Finding(
            "repeated_samples",
            "warning",
            f"{repeats} of {int(known.sum())} samples have the bytes of another",
            expected="samples that differ",
            remedy="leave the repeated ones out",
        )


def shared_ground(survey: Survey) -> Iterator[Finding]:
    """Test samples in groups of training samples, or on their very ground."""
    groups = survey.benchmark.groups
    shared, tested = _worst([_in_groups(groups, split) for split in _splits(survey)])
    if shared:
        yield Finding(
            "shared_ground",
            "warning",
            f"{shared} of {tested} test samples lie in a group (a block of ground, a site, a scene) that is trained on",
            expected="test samples in groups of their own; neighbours are alike, and scores come out too high",
            remedy="choose a split by groups where the benchmark has one, or name it beside the scores",
        )
    if survey.is_part or not np.isfinite(survey.latlon).all(axis=1).any():
        return
    near, located = _worst([_overlapping(survey, split) for split in _splits(survey)])
    if near:
        yield Finding(
            "shared_ground",
            "warning",
            f"{near} of {located} test samples lie nearer to a training sample than half a sample is wide",
            expected="test samples on ground of their own",
            remedy="leave them out, or name it beside the scores",
        )


def _splits(survey: Survey) -> list[Split]:
    return [split for draw in survey.benchmark.draws for split in draw]


def _worst(found: list[tuple[int, int]]) -> tuple[int, int]:
    """The pair with the largest share."""
    return max(found, key=lambda pair: pair[0] / max(pair[1], 1), default=(0, 0))


def _in_groups(groups: np.ndarray, split: Split) -> tuple[int, int]:
    tested = groups[split.test]
    return int(np.isin(tested, groups[split.train]).sum()), len(tested)


def _overlapping(survey: Survey, split: Split) -> tuple[int, int]:
    """Test samples whose middle is nearer to that of a training sample than half a sample is wide, and all."""
    from scipy.spatial import cKDTree

    places = _on_sphere(survey.latlon)
    located = np.isfinite(places).all(axis=1)
    train, test = split.train[survey.read] & located, split.test[survey.read] & located
    if not (train.any() and test.any()):
        return 0, 0
    distance, _ = cKDTree(places[train]).query(places[test])
    return int((distance < _OVERLAPPING * survey.extent[test]).sum()), int(test.sum())


def _on_sphere(latlon: np.ndarray) -> np.ndarray:
    """Metres from the middle of the Earth, ``[n, 3]``."""
    lat, lon = np.radians(latlon).T
    return _EARTH * np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)

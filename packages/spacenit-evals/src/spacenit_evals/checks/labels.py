"""Rules for labels."""

from collections.abc import Iterator

import numpy as np

from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.survey import Survey

_NAMED = 10
"""Classes that are named one by one."""


def labels_outside(survey: Survey) -> Iterator[Finding]:
    """Labels that are none of the classes, or no numbers."""
    outside, classes = survey.labels.outside, survey.benchmark.facts.classes
    if outside.any():
        regression = "regression" in survey.benchmark.facts.task
        kind = "are no finite numbers" if regression else f"are none of the {len(classes)} classes"
        expected = "finite numbers" if regression else f"labels from 0 to {len(classes) - 1}, or -1 in maps to ignore"
        yield Finding(
            "labels_outside",
            "error",
            f"{int(outside.sum()):,} labels of {int((outside > 0).sum())} samples {kind}",
            expected=expected,
            remedy="mend the labels, or have the benchmark ignore them by name",
        )


def empty_classes(survey: Survey) -> Iterator[Finding]:
    """Classes that occur nowhere."""
    counts, classes = survey.labels.counts.sum(axis=0), survey.benchmark.facts.classes
    empty = [name for name, count in zip(classes, counts, strict=False) if not count]
    if empty:
        yield Finding(
            "empty_classes",
            "warning",
            f"{len(empty)} of {len(classes)} classes occur nowhere: {_listed(empty)}",
            expected="every class in some sample",
            remedy="leave them out of the table, or look whether labels are shifted",
        )


def unlabelled_samples(survey: Survey) -> Iterator[Finding]:
    """Maps without a label."""
    if survey.benchmark.facts.task not in ("segmentation", "pixel_regression"):
        return
    empty = int((survey.labels.counts.sum(axis=1) == 0).sum())
    if empty:
        yield Finding(
            "unlabelled_samples",
            "note",
            f"{empty} of {len(survey.labels.counts)} maps have no label at all",
            expected="some in each; those without count for nothing",
        )


def classes_of_sides(survey: Survey) -> Iterator[Finding]:
    """Sides of one class, and classes that are tested and never trained on."""
    if "regression" in survey.benchmark.facts.task:
        yield from _constant_targets(survey)
        return
    counts, classes = survey.labels.counts, survey.benchmark.facts.classes
    splits = [split for draw in survey.benchmark.draws for split in draw]
    trained = np.stack([counts[split.train].sum(axis=0) for split in splits])
    tested = np.stack([counts[split.test].sum(axis=0) for split in splits])
    single = int(((trained > 0).sum(axis=1) < 2).sum()) if len(classes) > 1 else 0
    if single:
        yield Finding(
            "classes_of_sides",
            "error",
            f"{single} of {len(splits)} splits have training samples of one class alone",
            expected="two classes at least to learn from",
            remedy="split otherwise",
        )
    never = [classes[label] for label in np.flatnonzero(((tested > 0) & (trained == 0)).any(axis=0))]
    if never and not single:
        yield Finding(
            "classes_of_sides",
            "warning",
            f"{len(never)} classes are tested in a split that trains on none of their samples: {_listed(never)}",
            expected="what is tested among what is trained on",
            remedy="split otherwise, or leave these classes out",
        )


def _constant_targets(survey: Survey) -> Iterator[Finding]:
    lowest, highest = survey.labels.lowest, survey.labels.highest
    for draw in survey.benchmark.draws:
        for split in draw:
            low, high = lowest[split.train], highest[split.train]
            if np.isfinite(low).any() and np.nanmin(low) == np.nanmax(high):
                yield Finding(
                    "classes_of_sides",
                    "error",
                    f"the target is {np.nanmin(low):.6g} in all training samples of a split",
                    expected="a target that differs",
                    remedy="split otherwise",
                )
                return


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"

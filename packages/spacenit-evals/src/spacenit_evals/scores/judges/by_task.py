"""The judge of a task."""

from spacenit_core.kinds.tasks import Task
from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.judges.classes import ClassJudge
from spacenit_evals.scores.judges.judge import Judge
from spacenit_evals.scores.judges.labels import LabelsJudge
from spacenit_evals.scores.judges.numbers import NumbersJudge


def judge_of(found: Predictions, codes: tuple[int, ...]) -> Judge:
    """Who judges what was predicted.

    Args:
        found: by one protocol.
        codes: the label codes of the classes.
    """
    if found.task in ("classification", "segmentation"):
        return ClassJudge(found, codes)
    return LabelsJudge(found, codes) if found.task == "multilabel" else NumbersJudge(found)


def primary_of(task: Task) -> str:
    """The metric of differences and draws of a task."""
    return {
        "classification": ClassJudge.primaries[0],
        "segmentation": ClassJudge.primaries[1],
        "multilabel": LabelsJudge.primary,
    }.get(task, NumbersJudge.primary)

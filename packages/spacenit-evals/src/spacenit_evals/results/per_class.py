"""The part of a report that is about single classes: how each is found, and what it is taken for."""

from typing import cast

from spacenit_evals.results.found import Report
from spacenit_evals.scoring import Score

MOST_SHOWN = 20
"""Classes up to which a report for people shows who was taken for whom; results.json has it always."""


def class_sections(report: Report) -> list[str]:
    """Lines of Markdown: a table of the classes for each protocol, and the evaluated model's confusion matrix.

    Empty where numbers are predicted.
    """
    lines: list[str] = []
    for protocol in dict.fromkeys(score.probe for score in report.scores):
        scores = [score for score in report.scores if score.probe == protocol and score.recall]
        if scores:
            lines += _table(report, protocol, scores)
            lines += _matrix(protocol, next(score for score in scores if score.gain is None))
    return lines


def _table(report: Report, protocol: str, scores: list[Score]) -> list[str]:
    what = "F1" if report.task == "multilabel" else "share of the class's pixels that was found"
    what = "share of the class's test points that was found" if report.task == "classification" else what
    codes = list(scores[0].recall)
    points, groups = (_counts(report, name, len(codes)) for name in ("points", "blocks"))
    header = ["class", "test points", "test blocks", *(score.features for score in scores)]
    rows = [
        [
            _name(report, number, code),
            points[number],
            groups[number],
            *(f"{score.recall[code]:.3f}" for score in scores),
        ]
        for number, code in enumerate(codes)
    ]
    return ["", f"## {protocol}: classes ({what})", "", *_lines(header, rows)]


def _matrix(protocol: str, score: Score) -> list[str]:
    codes, matrix = list(score.recall), score.confusion
    if not matrix or len(codes) > MOST_SHOWN:
        return []
    rows = [[str(code), *(f"{value:.10g}" for value in row)] for code, row in zip(codes, matrix, strict=True)]
    title = f"## {protocol} on {score.features}: what (row) was taken for what (column), means over the draws"
    return ["", title, "", *_lines(["class", *map(str, codes)], rows)]


def _lines(header: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(line) + " |" for line in (header, ["---"] * len(header), *rows)]


def _counts(report: Report, name: str, number: int) -> list[str]:
    found = cast(list[int], report.facts.get(f"test_{name}_of_classes", []))
    return [str(count) for count in found] or [""] * number


def _name(report: Report, number: int, code: int) -> str:
    names = cast(list[str], report.facts.get("class_names", []))
    return names[number] if number < len(names) else str(code)

"""Reports for people and for programs: a table, Markdown, CSV and JSON."""

import csv
import io
import json
from pathlib import Path
from typing import cast

from attrs import asdict, evolve, fields
from cattrs import BaseValidationError, Converter
from cattrs.gen import make_dict_structure_fn, override

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_core.text import columns, paragraph
from spacenit_evals.results.former_names import FORMAT, protocol_meant
from spacenit_evals.results.found import Report
from spacenit_evals.results.per_class import class_sections
from spacenit_evals.results.predictions import read_predictions, write_predictions
from spacenit_evals.scores.intervals import FEWEST_BLOCKS, Interval
from spacenit_evals.scoring import PRETRAINED, Score

_TOLD = {
    "benchmark": "Benchmark",
    "version": "Version",
    "images": "Images",
    "class_names": "Classes",
    "labels": "Labels",
    "points_drawn": "Points",
    "points_without_pixels": "Points left out because their windows hold no whole patch of pixels",
    "classes_without_pixels": "Classes left out likewise",
    "windows_spared": "Test windows alone were left out",
    "inputs_left_out": "No inputs",
    "inputs_absent": "Not there",
    "dates": "Dates",
    "mask_missing": "mask_missing",
}
"""Facts that a terminal shows too, where there are such, and how it calls them."""


_CONVERTER = Converter()
_CONVERTER.register_structure_hook_func(lambda stated: stated is object, lambda value, _: value)
_CONVERTER.register_structure_hook(Report, make_dict_structure_fn(Report, _CONVERTER, predictions=override(omit=True)))


_RANKINGS = ("macro AUROC", "macro average precision", "micro average precision")
"""Scores that a terminal has no room for."""


def table(report: Report) -> str:
    """The table that fits a terminal: one interval per row; differences are in :func:`verdict`."""
    primary = report.primary
    others = [name for name in _metrics(report) if name != primary and name not in _RANKINGS]
    rows = [
        (
            score.probe,
            score.features,
            str(score.metrics[primary]),
            _range(score.draws),
            *(f"{score.metrics[metric].value:.3f}" for metric in others if metric in score.metrics),
        )
        for score in report.scores
    ]
    title = _title(report)
    written = columns(rows, ("probe", "features", primary, "draws", *others))
    notes = [f"{_summary(report)}.", _of_intervals(report), *_of_rare_classes(report), *_of_probes(report)]
    notes += [f"{says}: {_plain(report.facts[name])}." for name, says in _TOLD.items() if name in report.facts]
    return "\n\n".join([title, written, paragraph("\n".join(notes))])


def _metrics(report: Report) -> list[str]:
    """The scores of a report: those that all protocols have, then those that some have."""
    return list(dict.fromkeys(name for score in report.scores for name in score.metrics))


def _subject(report: Report) -> str:
    """What the features of the evaluated model are called: those that the others are compared with."""
    return next((score.features for score in report.scores if score.gain is None), PRETRAINED)


def _gain(report: Report) -> str:
    return f"{_subject(report)} minus this ({report.primary})"


def _title(report: Report) -> str:
    return report.run if report.step is None else f"{report.run}, step {report.step}"


def _range(draws: tuple[float, ...], sign: str = "", between: str = "-") -> str:
    """The lowest and the highest of several numbers."""
    return f"{min(draws):{sign}.2f}{between}{max(draws):{sign}.2f}" if len(draws) > 1 else ""


def _of_intervals(report: Report) -> str:
    """What the brackets are, or why there are none."""
    reason = report.scores[0].metrics[report.primary].reason if report.scores else ""
    brackets = reason or "[low, high]: 95 % confidence intervals, from the differences between test blocks"
    drawn = "the training blocks" if "window" in report.facts else "training and test samples"
    draws = f"draws: the lowest and the highest of {report.facts['draws']} draws of {drawn}"
    return f"{brackets}; {draws}." if report.facts["draws"] != 1 else f"{brackets}; one draw of {drawn}."


def _of_rare_classes(report: Report) -> list[str]:
    """Which classes rest on few test blocks."""
    classes, blocks = (cast(list[int], report.facts.get(name, [])) for name in ("classes", "test_blocks_of_classes"))
    if not blocks:
        return []
    few = [f"class {code} in {count}" for code, count in zip(classes, blocks, strict=True) if count < FEWEST_BLOCKS]
    return [f"Lie in few test blocks: {', '.join(few)}."] if few else []


def _of_probes(report: Report) -> list[str]:
    """What the probes said about their fits."""
    return [
        f"{score.probe} on {score.features}: {'; '.join(score.remarks)}." for score in report.scores if score.remarks
    ]


def markdown(report: Report) -> str:
    """The table as Markdown, with what it depends on."""
    header = ["probe", "features", *_metrics(report), f"draws ({report.primary})", _gain(report)]
    lines = [f"# {_title(report)}", "", _summary(report) + ".", ""]
    lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(_cells(score, _metrics(report))) + " |" for score in report.scores]
    lines += ["", " ".join([_of_intervals(report), *_of_rare_classes(report)]), ""]
    lines += [f"- {text}" for text in _of_probes(report)]
    lines += [f"- {name}: {_plain(value)}" for name, value in report.facts.items()]
    lines += class_sections(report)
    return "\n".join(lines) + "\n"


def csv_text(report: Report) -> str:
    """One row per probe, features and metric."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("run", "step", "probe", "features", "metric", "value", "low", "high", "no interval because"))
    for score in report.scores:
        rows = dict(score.metrics)
        if score.gain is not None:
            rows[_gain(report)] = score.gain
        for metric, interval in rows.items():
            numbers = (interval.value, interval.low, interval.high)
            texts = ("" if number is None else f"{number:.6f}" for number in numbers)
            writer.writerow((report.run, report.step, score.probe, score.features, metric, *texts, interval.reason))
        for number, value in enumerate(score.draws, 1):
            draw = f"{report.primary}, draw {number}"
            writer.writerow((report.run, report.step, score.probe, score.features, draw, f"{value:.6f}", "", "", ""))
    return text.getvalue()


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``results.md``, ``results.csv`` and ``results.json`` into a folder, made where it is absent.

    Beside them goes what was predicted for each test point (`spacenit_evals.results.predictions`).

    Raises:
        DataError: where that is refused.
    """
    content = {
        "results.md": markdown(report),
        "results.csv": csv_text(report),
        "results.json": json.dumps({"format": FORMAT} | asdict(evolve(report, predictions={})), indent=2) + "\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in content.items():
            replace_file(folder / name, text.encode())
        write_predictions(report.predictions, folder)
    except OSError as error:
        what = f"{folder} cannot be written: {error.strerror or error}"
        raise DataError(what, "name another folder{out}", things=("out",)) from error
    return [folder / name for name in content]


def read_report(folder: Path) -> Report:
    """Read what :func:`write_report` wrote, now or by an earlier release, with its predictions.

    Raises:
        DataError: where it is not there, or damaged.
    """
    path = folder / "results.json"
    try:
        stored = json.loads(path.read_text())
        scores = [
            score | {"probe": protocol_meant(score["probe"], stored.get("format", 1))} for score in stored["scores"]
        ]
        known = {each.name for each in fields(Report)}
        report: Report = _CONVERTER.structure(
            {name: stored[name] for name in stored if name in known} | {"scores": scores}, Report
        )
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}", "name a folder of results") from error
    except (ValueError, KeyError, TypeError, BaseValidationError) as error:
        raise DataError(f"{path} is damaged: {error}", "evaluate again") from error
    return evolve(report, predictions=read_predictions(folder))


def verdict(report: Report) -> str:
    """In one sentence per protocol: whether the model's features are better than the others, and by how much."""
    sentences, subject = [], "the pretrained encoder" if _subject(report) == PRETRAINED else _subject(report)
    for probe in dict.fromkeys(score.probe for score in report.scores):
        phrases = [
            f"{_relation(score.gain)} {score.features} by {score.gain.text('+').lstrip('+-')}{_over(score.gain_draws)}"
            for score in report.scores
            if score.probe == probe and score.gain is not None
        ]
        if phrases:
            sentences.append(f"{probe}: {subject} is {' and '.join(phrases)} in {report.primary}.")
    return "\n".join(sentences)


def _over(draws: tuple[float, ...]) -> str:
    return f" ({_range(draws, '+', ' to ')} over the draws)" if len(draws) > 1 else ""


def _relation(gain: Interval) -> str:
    if gain.value == 0 and not gain.clear:
        return "not clearly apart from"
    direction = "ahead of" if gain.value >= 0 else "behind"
    return direction if gain.clear else f"not clearly apart from ({direction})"


def _cells(score: Score, names: list[str]) -> list[str]:
    gain = "" if score.gain is None else score.gain.text("+")
    metrics = (str(score.metrics[metric]) if metric in score.metrics else "" for metric in names)
    return [score.probe, score.features, *metrics, _range(score.draws), gain + _over(score.gain_draws)]


def _summary(report: Report) -> str:
    facts = report.facts
    size, sensors = facts.get("window"), _plain(facts.get("sensors", []))
    point, block, windows = "points", "blocks", f"windows of {size} x {size} cells of {sensors}"
    if size is None:
        point, block = "samples", "blocks (groups of samples that are alike)"
        windows = f"{facts['points']} samples of {sensors}"
    tested = f"{facts['test_points']} test {point} in {facts['test_blocks']}"
    if "folds" in facts:
        return f"{tested} {block}, {facts['folds']} folds of blocks tested in turn, {windows}"
    trained = f"{facts['train_points']} training {point} in {facts['train_blocks']} {block}"
    if facts["draws"] == 1:
        return f"{trained}, {tested} others, {windows}"
    return f"{facts['draws']} draws of about {trained}, {tested} blocks in all, {windows}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

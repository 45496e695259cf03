"""Reports for people and for programs: a table, Markdown, CSV and JSON."""

import csv
import io
import json
from pathlib import Path

from attrs import asdict

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_core.text import columns, paragraph
from spacenit_evals.bootstrap import Interval
from spacenit_evals.evaluation import PRIMARY, Report, Score
from spacenit_evals.metrics import METRICS

_GAIN = f"pretrained minus this ({PRIMARY})"


def table(report: Report) -> str:
    """The table that fits a terminal; differences are in :func:`verdict`."""
    rows = [
        (score.probe, score.features, *(_around(score.metrics[metric]) for metric in METRICS))
        for score in report.scores
    ]
    note = f"{_summary(report)}; ±: 95 % confidence, from resampled test blocks"
    title = f"{report.run}, step {report.step}"
    return "\n\n".join([title, columns(rows, ("probe", "features", *METRICS)), paragraph(note)])


def _around(interval: Interval) -> str:
    """A score and its distance to the farther end of its interval."""
    reach = max(interval.high - interval.value, interval.value - interval.low)
    return f"{interval.value:.3f} ± {reach:.3f}"


def markdown(report: Report) -> str:
    """The table as Markdown, with what it depends on."""
    header = ["probe", "features", *METRICS, _GAIN]
    lines = [f"# {report.run}, step {report.step}", "", _summary(report) + ".", ""]
    lines += ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(_cells(score)) + " |" for score in report.scores]
    lines += ["", "95 % confidence intervals from resampled test blocks.", ""]
    lines += [f"- {name}: {_plain(value)}" for name, value in report.facts.items()]
    return "\n".join(lines) + "\n"


def csv_text(report: Report) -> str:
    """One row per probe, features and metric."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("run", "step", "probe", "features", "metric", "value", "low", "high"))
    for score in report.scores:
        rows = dict(score.metrics)
        if score.gain is not None:
            rows[_GAIN] = score.gain
        for metric, interval in rows.items():
            ends = (f"{end:.6f}" for end in (interval.value, interval.low, interval.high))
            writer.writerow((report.run, report.step, score.probe, score.features, metric, *ends))
    return text.getvalue()


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write ``results.md``, ``results.csv`` and ``results.json`` into a folder, made where it is absent.

    Raises:
        DataError: where that is refused.
    """
    content = {
        "results.md": markdown(report),
        "results.csv": csv_text(report),
        "results.json": json.dumps(asdict(report), indent=2) + "\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in content.items():
            replace_file(folder / name, text.encode())
    except OSError as error:
        hint = "name another folder with --out"
        raise DataError(f"{folder} cannot be written: {error.strerror or error}", hint) from error
    return [folder / name for name in content]


def verdict(report: Report) -> str:
    """In one sentence per probe: whether the pretrained features are better than each baseline, and by how much."""
    sentences = []
    for probe in dict.fromkeys(score.probe for score in report.scores):
        phrases = [
            f"{_relation(score)} {score.features} by {abs(score.gain.value):.3f} "
            f"[{score.gain.low:+.3f}, {score.gain.high:+.3f}]"
            for score in report.scores
            if score.probe == probe and score.gain is not None
        ]
        if phrases:
            sentences.append(f"{probe}: the pretrained encoder is {' and '.join(phrases)} in {PRIMARY}.")
    return "\n".join(sentences)


def _relation(score: Score) -> str:
    assert score.gain is not None
    direction = "ahead of" if score.gain.value >= 0 else "behind"
    clear = score.gain.low > 0 or score.gain.high < 0
    return direction if clear else f"not clearly apart from ({direction})"


def _cells(score: Score) -> list[str]:
    gain = "" if score.gain is None else f"{score.gain.value:+.3f} [{score.gain.low:+.3f}, {score.gain.high:+.3f}]"
    return [score.probe, score.features, *(str(score.metrics[metric]) for metric in METRICS), gain]


def _summary(report: Report) -> str:
    facts = report.facts
    windows = f"windows of {facts['window']} x {facts['window']} cells of {_plain(facts['sensors'])}"
    tested = f"{facts['test_points']} test points in {facts['test_blocks']}"
    if "folds" in facts:
        return f"{tested} blocks, {facts['folds']} folds of blocks tested in turn, {windows}"
    trained = f"{facts['train_points']} training points in {facts['train_blocks']} blocks"
    return f"{trained}, {tested} others, {windows}"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

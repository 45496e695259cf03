"""The published numbers as rows."""

import csv
import json
from functools import cache
from importlib.resources import files
from typing import Any

from attrs import frozen

PROTOCOLS = {
    "knn_20": "kNN, k 20, cosine, temperature 0.07",
    "knn_5": "kNN, k 5, all votes alike",
    "linear_probe": "linear probe on frozen features",
    "logistic_regression": "logistic regression, 40 values of C, refitted on training and validation samples",
    "finetune": "fine-tuning of the whole model",
    "linear": "linear regression",
    "random_forest": "random forest",
}
"""Protocols of published rows, by the names that these have in the table."""


@frozen(kw_only=True)
class Source:
    """Where numbers stand.

    Attributes:
        title: and table.
        link: to it.
        licence: of the numbers.
        split: of the data, "default" for the publisher's.
        made: how they came about.
    """

    title: str
    link: str
    licence: str
    split: str
    made: str


@frozen(kw_only=True)
class PublishedRow:
    """One published number.

    Attributes:
        source: key of its :class:`Source`.
        model: as its source calls it.
        benchmark: by our name, where we have it.
        inputs: sensors, "rgb" or "all".
        protocol: key of :data:`PROTOCOLS`.
        variant: "as_published": bands were taken by the names that the publisher gave them.
        metric: by our name.
        value: shares from 0 to 1, errors in the target's unit.
        low: of a 95 % interval; None where none was given.
        high: likewise.
        note: what else its source says.
    """

    source: str
    model: str
    benchmark: str
    inputs: str
    protocol: str
    variant: str
    metric: str
    value: float
    low: float | None
    high: float | None
    note: str

    @property
    def parameters(self) -> float | None:
        """Of the model, where they are known."""
        return _parameters().get(self.model)


@cache
def published_rows() -> tuple[PublishedRow, ...]:
    """All published numbers."""
    text = files(__package__).joinpath("rows.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedRow(
            **{name: cell for name, cell in row.items() if name not in ("value", "low", "high")},
            value=float(row["value"]),
            low=float(row["low"]) if row["low"] else None,
            high=float(row["high"]) if row["high"] else None,
        )
        for row in csv.DictReader(text.splitlines())
    )


@cache
def sources() -> dict[str, Source]:
    """All sources, by their keys."""
    return {key: Source(**value) for key, value in _json("sources.json").items()}


@cache
def _parameters() -> dict[str, float]:
    return _json("parameters.json")


def _json(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    return found

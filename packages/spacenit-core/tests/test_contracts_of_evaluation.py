"""What a plugin returns of the kinds of evaluation is held to their contracts."""

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.contracts import baselines
from spacenit_core.contracts.build import build
from spacenit_core.contracts.owner import owner_of
from spacenit_core.errors import PluginError
from spacenit_core.kinds.protocols import EmbeddedPart, LabelledSplit
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet

SOURCE = (Path(__file__).parent / "data" / "acme_evaluation.py").read_text()
KINDS = {"protocols": "Protocol", "embedders": "Embedder", "benchmarks": "Benchmark"}
SENSORS = SensorSet.of(["sentinel1"])


@pytest.fixture
def acme(install_plugin) -> Any:
    """The module of a plugin that can be told to do wrong."""
    entries = {kind: {"bad": f"acme_evaluation:{name}"} for kind, name in KINDS.items()}
    install_plugin("acme-evaluation", entries, {"acme_evaluation": SOURCE})
    __import__("acme_evaluation")
    return sys.modules["acme_evaluation"]


def protocols(config: Any) -> None:
    build(config).predict(None, labelled_split())


def labelled_split() -> LabelledSplit:
    train, test = (
        EmbeddedPart(labels=np.array(labels), groups=np.arange(len(labels)), vectors=np.ones((len(labels), 2)))
        for labels in ([3, 3, 7, 7], [3, 3, 3, 7, 7])
    )
    return LabelledSplit(train=train, test=test)


def embedders(config: Any) -> None:
    embedder = build(config, None, ModelInputs(sensors=SENSORS, patch_size=2))
    embedder.pooled([None] * 4)
    embedder.grid([None] * 4)


def benchmarks(config: Any) -> None:
    benchmark = build(config, ModelInputs(sensors=SENSORS, patch_size=2))
    assert benchmark.holds([]).size == 0 and benchmark.settled(np.ones((4, 1), bool)) is benchmark


TRIALS = {trial.__name__: trial for trial in (protocols, embedders, benchmarks)}

FAULTS = {
    "protocols": {
        "function": "has predict(embedder, split)",
        "narrow": "is called with (embedder, split)",
        "shares": "returned a ndarray float64 [5]",
        "label": "returned the label 53",
        "short": "int [5]",
        "list": "returned list",
    },
    "embedders": {
        "function": "pooled(samples) and grid(samples)",
        "double": "float64",
        "flat": "[16]",
        "short": "[1, 4]",
        "inf": "infinite",
        "none": "returned None",
        "grid": "[4, 1, 4]",
        "width": "[4, 1, 1, 3]",
    },
    "benchmarks": {
        "list": "without facts, inputs",
        "float labels": "float64 [4]",
        "more classes": "labels from 0 to 2 and 2 classes",
        "groups": "groups are int [4]",
        "mixed numbers": "numbers that do not",
        "no draws": "has none",
        "mask": "has a mask",
        "both sides": "a sample on two sides",
        "no test": "has one without",
    },
}


@pytest.mark.parametrize("kind", TRIALS)
def test_what_keeps_the_contract_is_used(acme, kind):
    TRIALS[kind](getattr(acme, KINDS[kind])())


@pytest.mark.parametrize(("kind", "fault"), [(kind, fault) for kind, faults in FAULTS.items() for fault in faults])
def test_what_breaks_the_contract_is_named(acme, kind, fault):
    with pytest.raises(PluginError) as caught:
        TRIALS[kind](getattr(acme, KINDS[kind])(fault=fault))

    assert f"'bad' of acme-evaluation 1.0 (acme_evaluation:{KINDS[kind]})" in caught.value.message
    assert FAULTS[kind][fault] in caught.value.message
    assert f"spacenit_core.kinds.{kind}" in str(caught.value)


def batch() -> Batch:
    layout = TokenLayout.of(SENSORS, rows=2, columns=2, timesteps=3, patch_size=2)
    return Batch(
        pixels={"sentinel1": torch.zeros(4, 4, 4, 3, 2)},
        timestamps=torch.ones(4, 3, 3, dtype=torch.int64),
        layout=layout,
        visibility=torch.zeros(1, 4, len(layout), dtype=torch.uint8),
    )


def test_entries_of_the_kinds_of_before_are_held_too(acme):
    probe = build(acme.Probe())
    assert probe.predict(None, labelled_split()).tolist() == [3] * 5
    for fault, said in {"shares": "float64 [5]", "label": "the label 53", "short": "int [5]", "list": "list"}.items():
        with pytest.raises(PluginError, match=re.escape(said)):
            build(acme.Probe(fault=fault)).predict(None, labelled_split())
    for fault, said in {"double": "float64", "flat": "[16]", "short": "[1, 4]", "inf": "infinite"}.items():
        config = acme.Baseline(fault=fault)
        with pytest.raises(PluginError, match=re.escape(said)):
            baselines.hold(config.build(None), owner_of(config))(batch())

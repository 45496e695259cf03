"""A plugin whose benchmark, embedder and protocol, and those of the release before, do wrong when they are told to."""

from typing import Any

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.baselines import BaselineConfig
from spacenit_core.kinds.benchmarks import Benchmark as BenchmarkBase
from spacenit_core.kinds.benchmarks import BenchmarkConfig, BenchmarkFacts, Split
from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.kinds.probes import ProbeConfig
from spacenit_core.kinds.protocols import ProtocolConfig


@frozen(kw_only=True)
class Protocol(ProtocolConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        return {"function": print, "narrow": Narrows()}.get(self.fault, self)

    def predict(self, embedder, split):
        good = np.full(len(split.test.labels), split.train.labels[0])
        wrong = {"shares": good / 3, "label": good + 50, "short": good[:1], "list": good.tolist()}
        return wrong.get(self.fault, good)


class Narrows:
    def predict(self, split):
        return split.test.labels


@frozen(kw_only=True)
class Embedder(EmbedderConfig):
    fault: str = setting("what is wrong", "")

    def build(self, model: Any, inputs: Any) -> Any:
        return print if self.fault == "function" else self

    def pooled(self, samples):
        good = np.ones((len(samples), 4), np.float32)
        wrong = {
            "double": good.astype(float),
            "flat": good.ravel(),
            "short": good[:1],
            "inf": good * np.float32(np.inf),
            "none": None,
        }
        return wrong.get(self.fault, good)

    def grid(self, samples):
        good = np.ones((len(samples), 1, 1, 4), np.float32)
        return {"grid": good[:, 0], "width": good[..., :3]}.get(self.fault, good)


@frozen(kw_only=True)
class Benchmark(BenchmarkConfig):
    fault: str = setting("what is wrong", "")

    def build(self, takes: Any) -> Any:
        return [] if self.fault == "list" else Four(takes, self.fault)


class Four(BenchmarkBase):
    def __init__(self, takes, fault):
        self.takes, self.fault = takes, fault

    @property
    def facts(self):
        return BenchmarkFacts(task="classification", classes=("a", "b"), sensors=self.takes.sensors, version="1")

    @property
    def inputs(self):
        return self.takes

    @property
    def labels(self):
        wrong = {"float labels": np.zeros(4), "more classes": np.arange(4) % 3}
        return wrong.get(self.fault, np.arange(4) % 2)

    @property
    def groups(self):
        return np.arange(3 if self.fault == "groups" else 4)

    @property
    def numbers(self):
        return np.array([0, 2, 1, 3]) if self.fault == "mixed numbers" else np.arange(4)

    @property
    def draws(self):
        train, test = np.arange(4) < 2, np.arange(4) >= 2
        none = np.zeros(4, bool)
        wrong = {"mask": Split(train[:2], test), "both sides": Split(train, train), "no test": Split(train, none)}
        return () if self.fault == "no draws" else ((wrong.get(self.fault, Split(train, test)),),)

    def samples(self, numbers=None, batch_size=1):
        yield from ()


@frozen(kw_only=True)
class Probe(ProbeConfig):
    fault: str = setting("what is wrong", "")

    def build(self) -> Any:
        return self if self.fault != "function" else print

    def fit_predict(self, train, labels, test, groups=None):
        good = np.full(len(test), labels[0])
        wrong = {"shares": good / 3, "label": good + 50, "short": good[:1], "list": good.tolist()}
        return wrong.get(self.fault, good)


@frozen(kw_only=True)
class Baseline(BaselineConfig):
    fault: str = setting("what is wrong", "")

    def build(self, experiment: Any) -> Any:
        return self.features

    def features(self, batch):
        good = np.ones((len(batch), 4), np.float32)
        wrong = {
            "double": good.astype(float),
            "flat": good.ravel(),
            "short": good[:1],
            "inf": good * np.float32(np.inf),
            "none": None,
        }
        return wrong.get(self.fault, good)

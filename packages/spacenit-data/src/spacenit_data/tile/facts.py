"""What was found in the pixels, for the decision what to keep and for the summary."""

import sys
from typing import Any

import numpy as np
from attrs import Factory, asdict, define, evolve, frozen

from spacenit_core.sensors.spec import SensorSpec


@define(kw_only=True)
class SensorFacts:
    """Counts and ranges of one sensor over some samples.

    Attributes:
        samples: samples that have it.
        steps: its images in them (1 per sample without time).
        values: numbers stored, missing ones included.
        missing: how many of them are missing.
        present: how many are not, per band.
        low: smallest value of each band; None where all are missing.
        high: largest value of each band.
        outside: values outside the sensor's plausible range, per band.
    """

    samples: int = 0
    steps: int = 0
    values: int = 0
    missing: int = 0
    present: list[int]
    low: list[float | None]
    high: list[float | None]
    outside: list[int]

    @classmethod
    def of(cls, sensor: SensorSpec, values: np.ndarray) -> "SensorFacts":
        """The facts of one sample's array [H, W, S, C], NaN where missing."""
        flat = values.reshape(-1, values.shape[-1])
        there = np.isfinite(flat)
        low = np.where(there, flat, np.inf).min(axis=0)
        high = np.where(there, flat, -np.inf).max(axis=0)
        outside = there & ((flat < sensor.value_range[0]) | (flat > sensor.value_range[1]))
        return cls(
            samples=1,
            steps=values.shape[2],
            values=flat.size,
            missing=int(flat.size - there.sum()),
            present=[int(count) for count in there.sum(axis=0)],
            low=[float(value) if np.isfinite(value) else None for value in low],
            high=[float(value) if np.isfinite(value) else None for value in high],
            outside=[int(count) for count in outside.sum(axis=0)],
        )

    def add(self, other: "SensorFacts") -> None:
        """Take in the facts of other samples."""
        self.samples += other.samples
        self.steps += other.steps
        self.values += other.values
        self.missing += other.missing
        self.present = [a + b for a, b in zip(self.present, other.present, strict=True)]
        self.low = [_pick(min, a, b) for a, b in zip(self.low, other.low, strict=True)]
        self.high = [_pick(max, a, b) for a, b in zip(self.high, other.high, strict=True)]
        self.outside = [a + b for a, b in zip(self.outside, other.outside, strict=True)]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def _pick(choose: Any, a: float | None, b: float | None) -> float | None:
    known = [value for value in (a, b) if value is not None]
    return choose(known) if known else None


@frozen(kw_only=True)
class TileFacts:
    """What was found in one tile.

    Attributes:
        valid: share of cells that have a pixel of a leading sensor at one date at least; 0 for an empty tile.
        sensors: facts per sensor; none for a tile that is no sample.
    """

    valid: float
    sensors: dict[str, SensorFacts]

    @property
    def is_sample(self) -> bool:
        """Whether the tile becomes a sample."""
        return bool(self.sensors)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {"valid": self.valid, "sensors": {name: facts.as_json() for name, facts in self.sensors.items()}}

    @classmethod
    def of_json(cls, data: dict[str, Any]) -> "TileFacts":
        """From plain data."""
        sensors = {name: SensorFacts(**facts) for name, facts in data["sensors"].items()}
        return cls(valid=data["valid"], sensors=sensors)


@define
class TilesFound:
    """What was found in the tiles that are done: of each what tells the samples apart, of all pixels one summary.

    Attributes:
        valid: number of a tile -> share of valid cells.
        held: number of a tile that is a sample -> its sensors.
        sensors: facts per sensor, over all samples.
    """

    valid: dict[int, float] = Factory(dict)
    held: dict[int, tuple[str, ...]] = Factory(dict)
    sensors: dict[str, SensorFacts] = Factory(dict)

    def add(self, tile: int, facts: TileFacts) -> None:
        """Take in what was found in a tile; one that is there already, as its file was lost, is not counted again."""
        if tile in self.valid:
            return
        self.valid[tile] = facts.valid
        if facts.is_sample:
            # A large set has a million samples and a dozen names.
            self.held[tile] = tuple(map(sys.intern, facts.sensors))
        for name, more in facts.sensors.items():
            if name in self.sensors:
                self.sensors[name].add(more)
            else:
                self.sensors[name] = evolve(more)

    def samples(self) -> list[int]:
        """The numbers of the tiles that are samples, in order."""
        return sorted(self.held)

"""What a conversion did."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import asdict, field, frozen

from spacenit_data.convert.produced import Outcome

SHOWN_FAILURES = 20


def _as_tuple(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(texts)


@frozen(kw_only=True)
class ConversionReport:
    """The sums over all sources.

    Attributes:
        folder: the set: give it to `--dataset.h5py_dir`.
        sources: raw tiles, or samples of the other set.
        samples: number of samples in the set.
        written: how many of them this run wrote; the others were there.
        per_sensor: sensor -> samples that have it.
        left_out: reason -> sources that gave no sample.
        dropped: sensor -> reason -> sources whose images of that sensor are in no sample.
        cut_steps: sensor -> images left out because the longest series has none of their date.
        failures: sources that could not be converted, and why; at most 20.
        failed: how many those were.
        notes: what the user should know of the images, each with the number of sources that it is about.
        remarks: what else the user should know.
    """

    folder: Path
    sources: int
    samples: int
    written: int
    per_sensor: dict[str, int]
    left_out: dict[str, int]
    dropped: dict[str, dict[str, int]]
    cut_steps: dict[str, int]
    failures: tuple[str, ...]
    failed: int
    notes: tuple[str, ...] = field(default=(), converter=_as_tuple)
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        folder: Path,
        sensors: Sequence[str],
        outcomes: Iterable[Outcome],
        written: int,
        remarks: Sequence[str] = (),
    ) -> "ConversionReport":
        """Sum up the outcomes, which are in the order of their sources."""
        outcomes = list(outcomes)
        per_sensor = Counter(dict.fromkeys(sensors, 0))
        left_out: Counter[str] = Counter()
        dropped: dict[str, Counter[str]] = {}
        cut_steps: Counter[str] = Counter()
        noted: Counter[str] = Counter()
        texts: dict[str, str] = {}
        for outcome in outcomes:
            for part in outcome.parts:
                per_sensor.update(part.sensors)
            if outcome.left_out:
                left_out[outcome.left_out] += 1
            for name, reason in outcome.dropped.items():
                dropped.setdefault(name, Counter())[reason] += 1
            cut_steps.update(outcome.cut_steps)
            noted.update(outcome.notes.keys())
            texts = {**outcome.notes, **texts}
        failures = [outcome.failure for outcome in outcomes if outcome.failure]
        return cls(
            folder=folder,
            sources=len(outcomes),
            samples=sum(len(outcome.parts) for outcome in outcomes),
            written=written,
            per_sensor=dict(per_sensor),
            left_out=dict(sorted(left_out.items())),
            dropped={name: dict(sorted(reasons.items())) for name, reasons in sorted(dropped.items())},
            cut_steps=dict(sorted(cut_steps.items())),
            failures=tuple(failures[:SHOWN_FAILURES]),
            failed=len(failures),
            notes=tuple(_told(kind, texts[kind], noted[kind]) for kind in sorted(noted)),
            remarks=tuple(remarks),
        )

    def to_json(self) -> dict[str, Any]:
        """What is the same however often the conversion was interrupted."""
        return {key: value for key, value in asdict(self).items() if key not in ("folder", "written", "remarks")}


def _told(kind: str, text: str, count: int) -> str:
    return f"{kind.split()[0]}: {text} ({count} source{'s' * (count > 1)})"

"""What becomes of one raw tile, or of one sample of another set."""

from typing import Any

from attrs import Factory, asdict, frozen

from spacenit_data.h5.sample import Location, SampleArrays
from spacenit_data.h5.writer import SampleRecord


@frozen(kw_only=True)
class Produced:
    """The samples that a source gives, before they have numbers.

    Attributes:
        samples: in order; none where the source is left out.
        left_out: why there are none.
        dropped: sensor -> why its images are not in the samples.
        cut_steps: sensor -> images left out because no series with more images has their date.
        notes: sensor and kind of note -> what the user should know.
    """

    samples: tuple[SampleArrays, ...] = ()
    left_out: str | None = None
    dropped: dict[str, str] = Factory(dict)
    cut_steps: dict[str, int] = Factory(dict)
    notes: dict[str, str] = Factory(dict)


@frozen(kw_only=True)
class Outcome:
    """What the ledger keeps of one source, once its samples are on disk.

    Attributes:
        source: its number.
        state: of its files when they were read, as `file_state` tells it.
        parts: a record of each sample, its index counted from 0 within the source.
        left_out: as in `Produced`.
        dropped: as in `Produced`.
        cut_steps: as in `Produced`.
        notes: as in `Produced`.
        failure: the error that kept it from being converted.
    """

    source: int
    state: str = ""
    parts: tuple[SampleRecord, ...] = ()
    left_out: str | None = None
    dropped: dict[str, str] = Factory(dict)
    cut_steps: dict[str, int] = Factory(dict)
    notes: dict[str, str] = Factory(dict)
    failure: str | None = None

    def to_json(self) -> dict[str, Any]:
        """As plain values, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value or key == "source"}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Outcome":
        """The inverse of `to_json`."""
        parts = []
        for part in values.get("parts", ()):
            location = None if part["location"] is None else Location(**part["location"])
            record = SampleRecord(part["index"], tuple(part["sensors"]), tuple(part["latlon"]), location)
            parts.append(record)
        return cls(**{**values, "parts": tuple(parts)})

"""A benchmark whose samples are checked while they are read."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from spacenit_core.contracts.labelled import check_labels
from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BATCH_SIZE
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import SensorSpec

_HINT = "-99999 marks missing pixels; copy the data again, or tell whoever wrote the benchmark"


class HeldBenchmark:
    """A benchmark and the check of its samples.

    Args:
        benchmark: what `build` made.
        owner: whose it is.
    """

    def __init__(self, benchmark: Any, owner: Owner) -> None:
        self.benchmark = benchmark
        self.owner = owner

    def __getattr__(self, name: str) -> Any:
        if name in ("benchmark", "owner") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.benchmark, name)

    def settled(self, held: np.ndarray) -> "HeldBenchmark":
        """The settled benchmark, of which samples are checked likewise.

        Raises:
            DataError: where nothing can be learned from the labels that are left.
        """
        settled = self.benchmark.settled(held)
        if settled is self.benchmark:
            return self
        check_labels(settled, self.owner)
        return HeldBenchmark(settled, self.owner)

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Hand samples on once they were checked.

        Raises:
            PluginError: for samples of another form.
            DataError: for pixels that are no numbers, and months that no year has.
        """
        sensors = self.benchmark.inputs.sensors
        for here, samples in self.benchmark.samples(numbers, batch_size):
            if len(here) != len(samples):
                what = f"yielded {len(here)} numbers and {len(samples)} samples"
                self.owner.breaks("samples come with one number each", what)
            for number, sample in zip(here, samples, strict=True):
                self._check(int(number), sample)
                for name, pixels in sample.bands.items():
                    if name not in sensors:
                        self.owner.breaks("samples hold the sensors of the inputs", f"returned {name!r} in {number}")
                    self._check_pixels(int(number), sensors[name], pixels)
            yield here, samples

    def _check(self, number: int, sample: Any) -> None:
        if not isinstance(sample, SampleWindow):
            self.owner.breaks("samples are SampleWindows", f"returned {shown_type(sample)} for sample {number}")
        dates = np.asarray(sample.timestamps)
        if dates.ndim != 2 or dates.shape[1] != 3:
            self.owner.breaks("timestamps are [T, 3]", f"returned {shown_type(sample.timestamps)} for sample {number}")
        if len(dates) and not (0 <= dates[:, 1].min() <= dates[:, 1].max() <= 11):
            raise DataError(
                f"{self.owner.text}: sample {number} has the months {dates[:, 1].min()} to {dates[:, 1].max()}",
                "months are counted from 0 to 11",
            )

    def _check_pixels(self, number: int, spec: SensorSpec, pixels: Any) -> None:
        if np.shape(pixels)[-1:] != (len(spec.bands),):
            due = f"pixels of {spec.name} are [..., {len(spec.bands)}]"
            self.owner.breaks(due, f"returned {shown_type(pixels)} for sample {number}")
        if np.asarray(pixels).dtype.kind == "f" and not np.isfinite(pixels).all():
            wrong = ~np.isfinite(pixels).reshape(-1, len(spec.bands)).all(axis=0)
            bands = ", ".join(band for band, one in zip(spec.bands, wrong, strict=True) if one)
            raise DataError(f"{self.owner.text}: sample {number} holds NaN or infinity in {spec.name} {bands}", _HINT)

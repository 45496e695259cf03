"""Images with a label for each pixel, opened for a model."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from spacenit_core.kinds.benchmarks import BenchmarkFacts
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.benchmarks.dense.config import DenseConfig
from spacenit_evals.benchmarks.dense.source import DenseSource
from spacenit_evals.benchmarks.dense.windows import DenseWindows
from spacenit_evals.benchmarks.folder.config import INVENTED_DATE
from spacenit_evals.benchmarks.label_maps import LabelMaps
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


def opened(
    config: DenseConfig, folder: Path, source: DenseSource, inputs: ModelInputs, handed: Mapping[str, str]
) -> LabelledSamples:
    """The benchmark.

    Args:
        config: its settings.
        folder: where it lies.
        source: reads it.
        inputs: what its samples hold for the models.
        handed: stored sensor -> sensor of the inputs.
    """
    known = source.facts
    dtype = np.dtype(np.int16 if config.predicts == "segmentation" else np.float32)
    return LabelledSamples(
        source=DenseWindows(source=source, handed=handed, sensors=inputs.sensors, max_timesteps=inputs.max_timesteps),
        facts=BenchmarkFacts(
            task=config.predicts,
            classes=known.classes,
            codes=known.codes,
            sensors=inputs.sensors,
            version=f"1, {known.digest}",
            dates=known.dates,
            dates_invented=known.dates_invented,
            group=known.group,
            ground_size=config.ground_size,
            unit=config.unit,
        ),
        inputs=inputs,
        labels=LabelMaps(source.label, (len(known.groups), *known.size), dtype),
        groups=known.groups,
        draws=known.draws,
        told={"data": str(folder), "layout": known.layout, **known.told, **_cut(inputs)},
        said=_remarks(config, source, handed),
    )


def _cut(inputs: ModelInputs) -> dict[str, object]:
    """Which dates of long series the models get."""
    most = inputs.max_timesteps
    return {} if most is None else {"dates_kept": f"{most} at most, evenly among those of a longer series"}


def _remarks(config: DenseConfig, source: DenseSource, handed: Mapping[str, str]) -> dict[str, object]:
    """What is not the data's own, or not all of it."""
    known = source.facts
    remarks: dict[str, object] = dict(known.said)
    if known.dates_invented and "dates" not in remarks:
        remarks["dates"] = f"none in the data; {INVENTED_DATE} stands for all"
    others = [f"{stored} is handed on as {name}" for stored, name in handed.items() if name != config.stores[stored][0]]
    if others:
        remarks["sensor"] = "; ".join(others)
    if not known.group:
        remarks["groups"] = "none in the data: each sample counts as one, however alike neighbours are"
    return remarks

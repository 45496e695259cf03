"""From samples in stored units to the normalised batch that our own encoders take."""

from collections.abc import Sequence

from spacenit_core.samples.batch import Batch
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_data.loader.collate import visible_batch


def batch_of(samples: Sequence[SampleWindow], inputs: ModelInputs) -> Batch:
    """B samples of one size, normalised by the statistics of their sensors, every present token visible (one view).

    Raises:
        UserError: where they are no whole number of patches, or a sensor has no statistics.
    """
    return visible_batch(samples, inputs.sensors, patch_size=inputs.patch_size)

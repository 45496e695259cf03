"""A pretrained model as people use it."""

from pathlib import Path
from typing import Any, NamedTuple, cast

from torch import Tensor, nn

from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.pretrained.batch import as_batch
from spacenit_core.pretrained.run import RunModel
from spacenit_core.pretrained.sample import GeoSample
from spacenit_core.sensors.selection import SensorSet


class SensorTokens(NamedTuple):
    """Encoded tokens.

    Attributes:
        tokens: sensor name -> ``[B, h, w, T, groups, D]``; 0 where nothing was encoded.
        visibility: sensor name -> uint8 ``[B, h, w, T, groups]``: 0 encoded, 1 target only, 2 decode, 3 missing.
    """

    tokens: dict[str, Tensor]
    visibility: dict[str, Tensor]


class PretrainedEncoder:
    """Encodes samples.

    Args:
        encoder: the encoder, whose own interface takes batches.
        sensors: the sensors that it takes.

    Attributes:
        module: the encoder.
        sensors: the sensors that it takes.
    """

    def __init__(self, encoder: BaseEncoder, sensors: SensorSet) -> None:
        self.module = encoder
        self.sensors = sensors

    def __call__(self, sample: GeoSample, patch_size: int) -> SensorTokens:
        """Encode a sample, on the device of the encoder.

        Args:
            sample: B windows, of any of the model's sensors.
            patch_size: cells along one side of a patch.

        Raises:
            UserError: where the sample does not fit the model.
        """
        device = next(self.module.parameters()).device
        batch = as_batch(sample, self.sensors, patch_size).to(device)
        visibility = batch.visibility[0]
        tokens = self.module(batch, visibility).by_sensor(batch.layout)
        blocks = batch.layout.blocks
        visibility = visibility.to(device)
        seen = {block.sensor.name: visibility[:, block.tokens].unflatten(1, block.shape) for block in blocks}
        return SensorTokens(tokens, seen)


class PretrainedModel(nn.Module):
    """A model with trained weights, in evaluation mode as it is loaded.

    Args:
        model: the whole model, or the encoder alone.
        sensors: the sensors that it takes.
        config: what it was built from.
        source: where its weights come from.
        run: the run of ours that it comes from, if it does.

    Attributes:
        model: the model.
        sensors: the sensors that it takes; raw values are normalised by their statistics.
        config: what it was built from.
        source: where its weights come from.
        run: the run of ours that it comes from; None for others.
    """

    def __init__(
        self, model: nn.Module, sensors: SensorSet, config: Any, source: Path | str, run: RunModel | None = None
    ) -> None:
        super().__init__()
        self.model = model
        self.sensors = sensors
        self.config = config
        self.source = source
        self.run = run

    @property
    def encoder(self) -> PretrainedEncoder:
        """Encodes samples: ``model.encoder(sample, patch_size=4)``."""
        return PretrainedEncoder(self.encoder_module, self.sensors)

    @property
    def encoder_module(self) -> BaseEncoder:
        """The encoder itself, which takes batches."""
        return cast(BaseEncoder, getattr(self.model, "encoder", self.model))

    def forward(self, sample: GeoSample, patch_size: int) -> SensorTokens:
        """Encode a sample; see :meth:`PretrainedEncoder.__call__`."""
        return self.encoder(sample, patch_size)

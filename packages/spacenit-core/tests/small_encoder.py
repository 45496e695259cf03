"""Sensors of every shape, windows of them, and an encoder that is small enough to look into."""

from typing import Any

import numpy as np
import torch

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.nn.attention.config import PackedConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import BandGroup, SensorSpec


def sensor(name: str, sizes: tuple[int, ...], **options: Any) -> SensorSpec:
    """A sensor with time and a grid, unless `options` say otherwise, and a band group of each of the sizes."""
    groups = tuple(
        BandGroup(bands=tuple(f"{name}{number}{band}" for band in range(size)), gsd=10.0)
        for number, size in enumerate(sizes)
    )
    return SensorSpec(name=name, band_groups=groups, **{"temporal": True, **options})


SENSORS = SensorSet(
    (
        sensor("optical", (2, 3)),
        sensor("fine", (1,), temporal=False, pixels_per_cell=2),
        sensor("weather", (4,), spatial=False),
        sensor("place", (2,), spatial=False, temporal=False),
    )
)

# Two ways to know a place, and whatever else joins attention.
OPTIONS: list[dict[str, Any]] = [
    {},
    {"position_encoding": "rope_3d", "num_register_tokens": 2},
    {"position_encoding": "rope_3d_mixed", "num_register_tokens": 2, "qk_norm": True, "output_embedding_size": 24},
]


def window(batch: int = 3, *, patch: int = 2, side: int = 2, steps: int = 3, views: int = 1, seed: int = 0) -> Batch:
    """A batch with random pixels and visibility, a part of it missing."""
    rng = np.random.default_rng(seed)
    layout = TokenLayout.of(SENSORS, rows=side, columns=side, timesteps=steps, patch_size=patch)
    visibility = rng.choice([ENCODE, TARGET_ONLY, DECODE], size=(views, batch, len(layout))).astype(np.uint8)
    visibility[:, rng.random((batch, len(layout))) < 0.2] = MISSING
    visibility[:, :, 0], visibility[:, :, 1] = ENCODE, DECODE
    pixels = {
        spec.name: torch.from_numpy(
            rng.random((batch, *spec.shape(side * patch, side * patch, steps)), dtype=np.float32)
        )
        for spec in SENSORS
    }
    timestamps = torch.from_numpy(
        np.stack([rng.integers(1, 29, (batch, steps)), rng.integers(0, 12, (batch, steps))], 2)
    )
    timestamps = torch.cat([timestamps, torch.full((batch, steps, 1), 2020)], dim=2)
    return Batch(pixels=pixels, timestamps=timestamps, layout=layout, visibility=torch.from_numpy(visibility))


def build(attention: type = PackedConfig, **encoder: Any) -> LatentMIM:
    """Two blocks in encoder and predictor; what starts as zeros is random, so that it counts."""
    torch.manual_seed(0)
    options = {"embedding_size": 32, "depth": 2, "num_heads": 2, "max_patch_size": 4, **encoder}
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(attention=attention(), **options),
        decoder=PredictorConfig(
            embedding_size=32,
            depth=2,
            num_heads=2,
            position_encoding=encoder.get("position_encoding", "absolute"),
            qk_norm=encoder.get("qk_norm", False),
        ),
    )
    model = config.build(SENSORS)
    for name, parameter in model.named_parameters():
        if "channel" in name or "mask_token" in name:
            torch.nn.init.normal_(parameter.data)
    return model

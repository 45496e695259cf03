"""What encoder and predictor are made of, and which settings and windows they refuse."""

import subprocess
import sys
from typing import Any

import pytest
import torch

from spacenit_core.errors import UserError
from spacenit_core.kinds.attention import ATTENTION
from spacenit_core.kinds.models import MODELS
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.attention.config import PackedConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet

from .small_encoder import SENSORS, build, sensor, window

OFFICIAL = ["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm", "openstreetmap_raster"]
OFFICIAL += ["wri_canopy_height_map", "cdl", "worldcereal"]


def counted(config: LatentMIMConfig, sensors: SensorSet) -> tuple[int, int]:
    """Parameters of encoder and decoder as the reference counts them.

    It includes the frozen month table, 12 rows of a quarter of the width, in both.
    """
    with torch.device("meta"):
        model = config.build(sensors)
    months = 12 * config.encoder.embedding_size // 4
    encoder, decoder = (sum(p.numel() for p in part.parameters()) for part in (model.encoder, model.decoder))
    return encoder + months, decoder + months


@pytest.mark.parametrize(
    ("width", "depth", "heads", "decoder_depth", "encoder_count", "decoder_count"),
    [
        (128, 4, 8, 4, 1_361_024, 827_520),
        (192, 12, 3, 4, 6_202_560, 1_855_680),
        (768, 12, 12, 4, 88_953_600, 29_541_120),
        (1024, 24, 16, 4, 307_770_368, 52_495_360),
    ],
)
def test_official_sizes_have_the_references_parameter_counts(
    width: int, depth: int, heads: int, decoder_depth: int, encoder_count: int, decoder_count: int
) -> None:
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=width, depth=depth, num_heads=heads),
        decoder=PredictorConfig(embedding_size=width, depth=decoder_depth, num_heads=heads),
    )
    assert counted(config, SensorSet.of(OFFICIAL)) == (encoder_count, decoder_count)


@pytest.mark.parametrize(
    ("width", "depth", "heads", "hidden", "encoder_count", "decoder_count"),
    [
        (128, 4, 8, 12, 1_698_096, 828_192),
        (192, 12, 3, 64, 12_464_752, 1_856_688),
        (768, 12, 12, 64, 113_987_776, 29_545_152),
    ],
)
def test_rotary_sizes_have_the_references_parameter_counts(
    width: int, depth: int, heads: int, hidden: int, encoder_count: int, decoder_count: int
) -> None:
    one = {name: (SensorSet.of([name])[name].bands,) for name in ("sentinel2_l2a", "landsat")}
    options: dict[str, Any] = {"position_encoding": "rope_3d_mixed", "embedding_size": width, "num_heads": heads}
    config = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(depth=depth, patch_embed_hidden_sizes=(hidden,), **options),
        decoder=PredictorConfig(depth=4, **options),
    )
    assert counted(config, SensorSet.of(OFFICIAL, band_groups=one)) == (encoder_count, decoder_count)


@pytest.mark.parametrize(
    ("exits", "words"),
    [
        ({"optical": 1, "weather": 0}, "do not name fine, place"),
        ({"optical": 3, "fine": 0, "weather": -1, "place": 0}, "between 0 and 2, .*: optical=3, weather=-1"),
    ],
)
def test_exits_that_cannot_be_are_refused(exits: dict[str, int], words: str) -> None:
    batch = window()
    with pytest.raises(UserError, match=words):
        build().encoder(batch, batch.visibility, exits=exits)


def test_initial_weights() -> None:
    torch.manual_seed(0)
    model = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=64, depth=1, num_heads=2),
        decoder=PredictorConfig(embedding_size=32, depth=1, num_heads=2),
    ).build(SENSORS)
    bounds = {
        "encoder.blocks.0.attn.qkv.weight": (6 / 128) ** 0.5,
        "encoder.blocks.0.mlp.fc1.weight": (6 / 320) ** 0.5,
        "decoder.blocks.0.attn.kv.weight": (6 / 64) ** 0.5,
        "encoder.patch_embedding.projections.optical__1.weight": (3 * 64) ** -0.5,
        "encoder.patch_embedding.projections.optical__1.bias": (3 * 64) ** -0.5,
    }
    weights = dict(model.named_parameters())
    for name, bound in bounds.items():
        assert 0.9 * bound < weights[name].abs().max() <= bound, name
    zero = [n for n in weights if "channel" in n or "mask_token" in n or ("blocks" in n and n.endswith("fc1.bias"))]
    assert zero and not any(weights[name].any() for name in zero)
    for target, online in zip(model.target.parameters(), model.encoder.patch_embedding.parameters(), strict=True):
        assert torch.equal(target, online) and target.data_ptr() != online.data_ptr()


def test_unfit_windows_are_refused_with_the_setting_to_change() -> None:
    model = build()
    with pytest.raises(UserError, match="patches of 8 cells") as caught:
        model.encoder.patches(window(patch=8))
    assert "max_patch_size" in str(caught.value)
    with pytest.raises(UserError, match="13 steps"):
        model.encoder.patches(window(steps=13))
    batch = window()
    batch.pixels["optical"] = batch.pixels["optical"][:, :3]
    with pytest.raises(UserError, match="'optical' have shape"):
        model(batch)
    layout = TokenLayout.of(SensorSet((sensor("radar", (1,)),)), rows=1, columns=1, timesteps=1, patch_size=2)
    other = Batch(
        pixels={"radar": torch.zeros(1, 2, 2, 1, 1)},
        timestamps=torch.zeros(1, 1, 3, dtype=torch.int64),
        layout=layout,
        visibility=torch.zeros(1, 1, 1, dtype=torch.uint8),
    )
    with pytest.raises(UserError, match="not made for sensor 'radar'"):
        model.encoder(other, other.visibility[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"embedding_size": 24}, "multiple of 16 with position_encoding=absolute"),
        ({"embedding_size": 36, "num_heads": 2, "position_encoding": "none"}, "multiple of 8"),
        ({"embedding_size": 48, "num_heads": 8, "position_encoding": "rope"}, "cannot divide heads of 6 features"),
        ({"embedding_size": 48, "num_heads": 8, "position_encoding": "rope_mixed"}, "multiple of 4 features, not 6"),
        ({"embedding_size": 48, "num_heads": 8, "position_encoding": "rope_3d_mixed"}, "multiple of 4 features"),
        ({"temporal_rope_dim_frac": 0.1, "position_encoding": "rope_3d"}, "6 for time, 58 for row and column"),
        ({"temporal_rope_dim_frac": 0.99, "position_encoding": "rope_3d"}, "0 for row and column"),
        ({"temporal_rope_dim_frac": 1.0}, "both excluded"),
        ({"rope_coordinate_scale": 0.0}, "greater than 0"),
        ({"num_projection_layers": 0}, "at least 1"),
        ({"num_heads": 5}, "must divide"),
        ({"min_patch_size": 9}, "must not exceed"),
        ({"drop_path": 1.0}, "between 0 and 0.999"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        OlmoEarthEncoderConfig(**options)


def test_predictions_are_as_wide_as_their_targets() -> None:
    encoder = OlmoEarthEncoderConfig(output_embedding_size=24)
    with pytest.raises(ValueError, match=r"\(768\) must be none or 24"):
        LatentMIMConfig(encoder=encoder, decoder=PredictorConfig(output_embedding_size=768))
    batch, model = window(), build(output_embedding_size=24)
    output = model(batch)
    assert output.predicted.shape == output.target.shape == (len(output.tokens), 24)


def test_configs_are_found_without_torch() -> None:
    code = (
        "import sys; from spacenit_core.kinds.models import MODELS;"
        "from spacenit_core.kinds.attention import ATTENTION;"
        "MODELS.get('latent_mim')(); ATTENTION.get('sdpa')(); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert MODELS.get("latent_mim") is LatentMIMConfig
    assert ATTENTION.get("packed") is PackedConfig

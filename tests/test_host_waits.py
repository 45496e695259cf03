"""A train step asks the device for nothing, so that the host can send work ahead of it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from spacenit_core.kinds.attention import ATTENTION
from spacenit_core.kinds.encoders import ENCODERS
from spacenit_core.kinds.losses import LOSSES
from spacenit_core.kinds.masking import MASKING
from spacenit_core.kinds.models import MODELS
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.kinds.runners import RUNNERS
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet

MOST = 2
"""Waits of a micro-batch that are allowed."""

SENSORS = SensorSet(tuple(RECIPES.get("nano")().sensor_set[name] for name in ("sentinel2_l2a", "srtm")))
DEEP = {"sentinel2_l2a": 1, "srtm": 1}


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    import host_waits

    yield SimpleNamespace(of=host_waits.waits_of)
    for name in ("host_waits", "train_step", "waiting_device"):
        sys.modules.pop(name, None)


def batch_of(*, views: int = 2, size: int = 3) -> Batch:
    """Noise with missing tokens; the first view of the last sample encodes nothing."""
    layout = TokenLayout.of(SENSORS, rows=3, columns=2, timesteps=2, patch_size=2)
    draws = np.random.default_rng(0)
    missing = draws.random((size, len(layout))) < 0.1
    policy = MASKING.get("random")(encode_ratio=0.5, decode_ratio=0.3).build()
    seen = np.stack([policy(layout, missing, Draws(0, 0, f"{view}", range(size), size)) for view in range(views)])
    seen[0, -1][seen[0, -1] == ENCODE] = TARGET_ONLY
    assert (seen == MISSING).any() and (seen[0, 0] == ENCODE).any()
    return Batch(
        pixels={
            spec.name: torch.from_numpy(draws.standard_normal((size, *spec.shape(6, 4, 2)), np.float32))
            for spec in SENSORS
        },
        timestamps=torch.tensor([[1, month, 2020] for month in range(2)]).expand(size, -1, -1),
        layout=layout,
        visibility=torch.from_numpy(seen),
    )


def small(encoder: str = "olmoearth", attention: str = "packed", **options: Any) -> Any:
    sizes = {"embedding_size": 16, "depth": 2, "num_heads": 2, "max_patch_size": 4}
    return ENCODERS.get(encoder)(**sizes, attention=ATTENTION.get(attention)(), **options)


def runner_of(name: str, encoder: Any, **options: Any) -> nn.Module:
    torch.manual_seed(0)
    config = RUNNERS.get(name)(**options)
    decoder = PredictorConfig(embedding_size=16, depth=1, num_heads=2)
    parts: dict[str, Any] = {"encoder": encoder, "decoder": None if name == "mae" else decoder}
    if config.mae is not None:
        parts["reconstructor"] = ReconstructorConfig(decoder=decoder, max_patch_size=4)
    if DEEP in options.values():
        parts |= {} if name == "mae" else {"target": "encoder"}
    model = MODELS.get({"contrastive_latent_mim": "latent_mim"}.get(name, name))(**parts)
    return config.build(model.build(SENSORS)).train()


def token_loss(name: str) -> Any:
    return LOSSES.get(name)()


CASES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "rotary positions": ("contrastive_latent_mim", {"position_encoding": "rope_mixed"}, {}),
    "registers": ("contrastive_latent_mim", {"num_register_tokens": 2, "log_token_norm_stats": True}, {}),
    "padded attention": ("contrastive_latent_mim", {"attention": "sdpa"}, {}),
    "bands dropped": ("contrastive_latent_mim", {"band_dropout_rate": 0.3}, {}),
    "another encoder": ("contrastive_latent_mim", {"encoder": "spacenit"}, {}),
    "view by view": ("contrastive_latent_mim", {}, {"memory": "views"}),
    "deep targets": ("contrastive_latent_mim", {}, {"token_exit_cfg": DEEP}),
    "pixels": ("mae", {}, {}),
    "two branches": ("galileo", {}, {"token_exit_cfg_a": DEEP}),
    **{
        name: ("latent_mim", {}, {"loss": token_loss(name)})
        for name in ("patch_discrimination", "adjusted_patch_discrimination", "modality_all_discrimination", "l1")
    },
    **{name: ("latent_mim", {}, {"regularizer": token_loss(name)}) for name in ("koleo", "uniformity")},
}


@pytest.mark.parametrize("case", CASES)
def test_a_step_waits_for_the_device_twice_at_most(waits: Any, case: str) -> None:
    name, encoder, options = CASES[case]
    runner = runner_of(name, small(**encoder), **options)
    views = 1 if name in ("latent_mim", "mae") else 2
    found, _ = waits.of(runner, batch_of(views=views))
    assert found.total() <= MOST, dict(found)


def test_the_device_of_the_count_computes_what_the_cpu_does(waits: Any) -> None:
    batch, losses = batch_of(), []
    runner = runner_of("contrastive_latent_mim", small(drop_path=0.0)).train()
    losses.append(float(runner(batch).loss.detach()))
    losses.append(waits.of(runner, batch)[1])
    assert losses[0] == losses[1]


def test_the_count_sees_what_waits(waits: Any) -> None:
    class Curious(nn.Module):
        """Asks for values and sizes, and sends what the device has to wait for."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(4))

        def forward(self, batch: Batch) -> Any:
            values = self.weight * 1
            chosen = values > 0
            values[chosen].sum().item()
            chosen.nonzero(), chosen.tolist(), int(values.sum()), values.unique(), chosen.long().bincount()
            torch.repeat_interleave(torch.arange(4, device=values.device), chosen.long())
            values[torch.tensor([1, 2])], torch.ones(3).to(values.device), values.detach().cpu()
            values.masked_select(chosen)
            return SimpleNamespace(loss=values.sum())

    found, _ = waits.of(Curious(), batch_of())
    assert found.total() == 12, dict(found)

"""The runner `contrastive_latent_mim`."""

from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.kinds.runners import RUNNERS
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.contrastive_latent_mim.runner import ContrastiveLatentMIM

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "worldcover"])
MASKING = ModalityCrossRandomMasking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=("worldcover",))


def make_batch(size: int = 4, seed: int = 0) -> Batch:
    rng = np.random.default_rng(seed)
    layout = TokenLayout.of(SENSORS, rows=3, columns=3, timesteps=2, patch_size=2)
    missing = np.zeros((size, len(layout)), dtype=bool)
    missing[0, layout["sentinel1"].tokens] = True
    views = [MASKING(layout, missing, Draws(0, 0, f"masking view {view}", range(size), size)) for view in range(2)]
    return Batch(
        pixels={
            spec.name: torch.from_numpy(rng.random((size, *spec.shape(6, 6, 2)), dtype=np.float32)) for spec in SENSORS
        },
        timestamps=torch.tensor([[[1, 0, 2020], [1, 6, 2020]]]).expand(size, -1, -1),
        layout=layout,
        visibility=torch.from_numpy(np.stack(views)),
    )


def make_runner(**options: Any) -> ContrastiveLatentMIM:
    torch.manual_seed(0)
    model = LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=32, depth=2, num_heads=2),
        decoder=PredictorConfig(embedding_size=32, depth=1, num_heads=2),
    ).build(SENSORS)
    return ContrastiveLatentMIMConfig(masking=MASKING, **options).build(model)


def test_the_loss_falls_when_a_batch_is_learned() -> None:
    runner, batch = make_runner(), make_batch()
    optimizer = torch.optim.AdamW(runner.parameters(), lr=3e-3)
    losses = []
    for _ in range(25):
        optimizer.zero_grad()
        loss = runner(batch).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0]


def test_the_loss_is_the_sum_of_its_metrics() -> None:
    result = make_runner(contrastive=InfoNCEConfig(weight=0.1))(make_batch())
    assert set(result.metrics) == {"ModalityPatchDisc", "InfoNCE"}
    assert result.loss.item() == pytest.approx(float(sum(result.metrics.values())))
    assert not any(metric.requires_grad for metric in result.metrics.values())
    assert result.loss.dtype == torch.float32


def test_without_a_contrastive_loss() -> None:
    result = make_runner(contrastive=None)(make_batch())
    assert set(result.metrics) == {"ModalityPatchDisc"}


def test_losses_stay_in_float32_under_autocast() -> None:
    runner, batch = make_runner(), make_batch()
    exact = runner.eval()(batch).loss
    with torch.autocast("cpu", torch.bfloat16):
        result = runner(batch)
    assert result.loss.dtype == torch.float32
    assert result.loss.item() == pytest.approx(exact.item(), rel=0.05)
    result.loss.backward()


def test_a_micro_batch_without_targets_can_be_trained_on() -> None:
    runner, batch = make_runner(contrastive=None), make_batch()
    batch.visibility[batch.visibility == DECODE] = TARGET_ONLY
    batch.visibility[1, 0] = MISSING
    result = runner(batch)
    result.loss.backward()
    assert result.loss.item() == 0
    assert all(p.grad is not None and p.grad.isfinite().all() for p in runner.parameters() if p.requires_grad)


def gradients(batch: Batch) -> dict[str, torch.Tensor]:
    """Of the contrastive loss and whatever else there is, by weight, in a model without drop path."""
    runner = make_runner()
    runner.eval()(batch).loss.backward()
    return {name: weight.grad for name, weight in runner.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("view", [0, 1])
def test_a_sample_of_which_nothing_is_encoded_is_not_compared(view: int) -> None:
    batch = make_batch()
    without = evolve(batch, visibility=batch.visibility.clone())
    without.visibility[:, 2] = MISSING
    emptied = evolve(without, visibility=without.visibility.clone())
    # The other view of the sample encodes something, which has nothing to be compared with.
    emptied.visibility[1 - view, 2, :4] = ENCODE
    expected = make_runner().eval()(without).metrics["InfoNCE"]
    torch.testing.assert_close(make_runner().eval()(emptied).metrics["InfoNCE"], expected)
    assert all(gradient.norm() < 100 for gradient in gradients(emptied).values())


def test_views_that_share_no_sample_are_not_compared() -> None:
    batch = make_batch()
    batch.visibility[0, :2] = MISSING
    batch.visibility[1, 2:] = MISSING
    result = make_runner()(batch)
    assert result.metrics["InfoNCE"] == 0
    result.loss.backward()


def test_the_runner_is_found_by_name_and_holds_the_official_defaults() -> None:
    config = RUNNERS.get("contrastive_latent_mim")()
    assert isinstance(config, ContrastiveLatentMIMConfig)
    assert (len(config.masking_of_views()), config.rank_microbatch_size, config.max_grad_norm) == (2, 32, 1.0)


def test_wrong_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="contrastive takes a loss of pooled"):
        ContrastiveLatentMIMConfig(contrastive=ModalityPatchDiscriminationConfig())
    with pytest.raises(ValueError, match="ema_decay"):
        ContrastiveLatentMIMConfig(ema_decay=(0.9, 1.1))
    with pytest.raises(UserError, match="cannot train a Linear"):
        ContrastiveLatentMIMConfig().build(torch.nn.Linear(1, 1))

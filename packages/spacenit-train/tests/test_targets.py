"""Targets: what is copied, when it moves, and what cannot be asked of it."""

from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.checks import problems_of
from spacenit_train.losses.mae import MAEConfig
from spacenit_train.losses.patch_discrimination import PatchDiscriminationConfig
from spacenit_train.masking.random import RandomMasking
from spacenit_train.recipes.v1 import nano
from spacenit_train.runners.base import decay_at
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.galileo.config import GalileoRunnerConfig
from spacenit_train.runners.latent_mim.config import LatentMIMRunnerConfig
from spacenit_train.runners.mae.config import MAERunnerConfig
from spacenit_train.tile_checks import check_sensor_names
from spacenit_train.tile_experiment import TileExperiment

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "worldcover"])
RUNNERS = [LatentMIMRunnerConfig, ContrastiveLatentMIMConfig]


def make_model(target: Any = "projection") -> LatentMIM:
    torch.manual_seed(0)
    return LatentMIMConfig(
        encoder=OlmoEarthEncoderConfig(embedding_size=32, depth=2, num_heads=2),
        decoder=PredictorConfig(embedding_size=32, depth=1, num_heads=2),
        target=target,
    ).build(SENSORS)


def make_batch(views: int = 2) -> Batch:
    rng = np.random.default_rng(0)
    layout = TokenLayout.of(SENSORS, rows=3, columns=3, timesteps=2, patch_size=2)
    missing = np.zeros((3, len(layout)), dtype=bool)
    missing[0, layout["sentinel1"].tokens] = True
    policy = RandomMasking().build()
    masks = [policy(layout, missing, Draws(0, 0, f"view {view}", range(3), 3)) for view in range(views)]
    return Batch(
        pixels={
            spec.name: torch.from_numpy(rng.random((3, *spec.shape(6, 6, 2)), dtype=np.float32)) for spec in SENSORS
        },
        timestamps=torch.tensor([[[1, 0, 2020], [1, 6, 2020]]]).expand(3, -1, -1),
        layout=layout,
        visibility=torch.from_numpy(np.stack(masks)),
    )


def weights(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in module.named_parameters()}


def test_a_projection_holds_no_more_than_the_patch_embedding() -> None:
    model = make_model()
    assert set(weights(model.target)) == {f"patch_embedding.{name}" for name in weights(model.encoder.patch_embedding)}
    assert set(weights(make_model("encoder").target)) == set(weights(model.encoder))


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("kind", ["projection", "encoder"])
def test_a_target_is_fixed_by_default(runner: Any, kind: str) -> None:
    built = runner().build(make_model(kind))
    before = weights(built.model.target)
    for parameter in built.model.encoder.parameters():
        parameter.data += 1.0
    built.on_step_start(1, 10)
    assert all(torch.equal(before[name], weight) for name, weight in built.model.target.named_parameters())
    assert not any(parameter.requires_grad for parameter in built.model.target.parameters())


@pytest.mark.parametrize("runner", RUNNERS)
def test_a_target_follows_with_the_decay_of_the_step(runner: Any) -> None:
    built = runner(ema_decay=(0.5, 1.0)).build(make_model("encoder"))
    expected = {name: weight.double() for name, weight in weights(built.model.target).items()}
    for step in range(1, 5):
        built.on_step_start(step, 4)
        decay = 0.5 + step * 0.5 / 4
        for name, weight in built.model.encoder.named_parameters():
            expected[name] = decay * expected[name] + (1 - decay) * weight.double()
        for parameter in built.model.encoder.parameters():
            parameter.data += 0.1
    for name, weight in built.model.target.named_parameters():
        torch.testing.assert_close(weight.double(), expected[name], rtol=0, atol=1e-6)
    # The first update of an untouched target changes nothing, the last has a decay of 1.
    assert not torch.equal(built.model.target.norm.weight, built.model.encoder.norm.weight)


def test_the_decay_of_a_run_whose_length_is_estimated_does_not_pass_its_end() -> None:
    assert decay_at((0.996, 1.0), 1, 4) == pytest.approx(0.997)
    assert decay_at((0.996, 1.0), 9, 4) == 1.0


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("kind", ["projection", "encoder"])
def test_a_target_that_begins_anew_has_none_of_the_encoders_weights(runner: Any, kind: str) -> None:
    online = weights(make_model(kind).encoder)
    torch.manual_seed(1)
    built = runner(reinit_targets=True).build(make_model(kind))
    for name, weight in built.model.target.named_parameters():
        if weight.ndim > 1 and "encodings" not in name:
            # As large as the encoder's own, but not correlated with them.
            assert weight.std().item() == pytest.approx(online[name].std().item(), rel=0.2)
            assert torch.corrcoef(torch.stack([weight.flatten(), online[name].flatten()]))[0, 1].abs() < 0.2
        elif "patch_embedding" in name:
            assert not torch.equal(weight, online[name])
    assert all(torch.equal(online[name], weight) for name, weight in built.model.encoder.named_parameters())


def test_an_open_choice_is_what_the_runner_needs() -> None:
    moving = evolve(nano().train_module, ema_decay=(0.996, 1.0))
    assert nano().derived().model.target == "projection"
    assert evolve(nano(), train_module=moving).derived().model.target == "encoder"


def test_what_does_not_go_together_is_refused() -> None:
    moving = ContrastiveLatentMIMConfig(ema_decay=(0.996, 1.0))
    with pytest.raises(UserError, match=r"fixed projection.*\[0\.996, 1\.0\]"):
        moving.build(make_model())
    with pytest.raises(ValueError, match="ema_decay"):
        LatentMIMRunnerConfig(ema_decay=(0.9, 1.1))
    with pytest.raises(UserError, match="the runner latent_mim cannot train a Linear"):
        LatentMIMRunnerConfig().build(torch.nn.Linear(1, 1))
    experiment: TileExperiment = evolve(nano(), model=LatentMIMConfig(target="projection"), train_module=moving)
    assert [problem.path for problem in problems_of(experiment.derived())] == [("train_module",)]


def test_tokens_after_no_block_are_projections_whatever_the_target_is() -> None:
    batch = make_batch()
    small, whole = (make_model(kind).eval() for kind in ("projection", "encoder"))
    assert torch.equal(small(batch).target, whole(batch).target)
    assert torch.equal(small(batch).target, whole(batch, {"sentinel1": 0}).target)


def test_tokens_after_blocks_are_those_of_all_tokens_encoded_at_once() -> None:
    batch, model = make_batch(), make_model("encoder").eval()
    exits = {"sentinel2_l2a": 2, "sentinel1": 1}
    output = model(batch, exits)
    everything = torch.where(batch.visibility[0] == MISSING, MISSING, ENCODE)
    tokens = model.encoder(batch, everything, exits={**exits, "worldcover": 0}).dense(batch.layout)
    chosen = (batch.visibility == DECODE).nonzero()
    torch.testing.assert_close(output.target, tokens[chosen[:, 1], chosen[:, 2]])
    assert not output.target.requires_grad


def test_a_view_that_loses_more_has_targets_of_its_own() -> None:
    batch, model = make_batch(), make_model("encoder").eval()
    exits = dict.fromkeys(SENSORS.names, 2)
    batch.visibility[1, 1, batch.layout["sentinel1"].tokens] = MISSING
    both = [model(batch, exits).pairs(view, batch).target for view in range(2)]
    for view in range(2):
        alone = evolve(batch, visibility=batch.visibility[view : view + 1])
        torch.testing.assert_close(both[view], model(alone, exits).target)


def test_exits_that_cannot_be_had_are_refused() -> None:
    with pytest.raises(UserError, match="cannot give tokens after blocks, as token_exit_cfg wants them"):
        LatentMIMRunnerConfig(token_exit_cfg={"sentinel1": 1}).build(make_model())
    with pytest.raises(UserError, match="sentinel1 after 3 blocks, but the encoder has 2"):
        LatentMIMRunnerConfig(token_exit_cfg={"sentinel1": 3}).build(make_model("encoder"))
    with pytest.raises(ValueError, match="below 0"):
        LatentMIMRunnerConfig(token_exit_cfg={"sentinel1": -1})
    with pytest.raises(UserError, match="no blocks to take tokens from"):
        make_model()(make_batch(), {"sentinel1": 1})
    wrong = evolve(nano(), train_module=LatentMIMRunnerConfig(token_exit_cfg={"sentinl1": 1}))
    assert "did you mean sentinel1" in check_sensor_names(wrong)[0].message
    assert LatentMIMRunnerConfig(token_exit_cfg={"SENTINEL1": 1}).token_exit_cfg == {"sentinel1": 1}


MODELS: dict[str, Any] = {
    "latent_mim": LatentMIMConfig(),
    "galileo": GalileoConfig(),
    "mae": MaskedAutoencoderConfig(),
    "mae with decoder": MaskedAutoencoderConfig(decoder=PredictorConfig()),
    "pixels": LatentMIMConfig(reconstructor=ReconstructorConfig()),
}


@pytest.mark.parametrize(
    ("runner", "model", "message"),
    [
        (MAERunnerConfig(), "latent_mim", "the runner mae cannot train the model latent_mim"),
        (LatentMIMRunnerConfig(), "mae", "choose --model.type=latent_mim"),
        (GalileoRunnerConfig(), "latent_mim", "choose --model.type=galileo"),
        (ContrastiveLatentMIMConfig(mae=MAEConfig()), "latent_mim", "the loss mae needs model.reconstructor"),
        (ContrastiveLatentMIMConfig(), "pixels", "model.reconstructor makes what no loss mae compares"),
        (MAERunnerConfig(latent_mim=PatchDiscriminationConfig()), "mae", "the loss latent_mim needs model.decoder"),
        (MAERunnerConfig(), "mae with decoder", "model.decoder makes what no loss latent_mim compares"),
        (MAERunnerConfig(token_exit_cfg={"landsat": 13}), "mae", "landsat after 13 blocks, but the encoder has 12"),
        (GalileoRunnerConfig(token_exit_cfg_b={"landsat": 1}), "galileo", "as token_exit_cfg_b wants them"),
    ],
)
def test_a_runner_and_a_model_that_do_not_fit_are_refused_before_anything_is_built(
    runner: Any, model: str, message: str
) -> None:
    (problem,) = problems_of(evolve(nano(), model=MODELS[model], train_module=runner))
    assert message in f"{problem.message}; {problem.hint}"


def test_losses_of_the_wrong_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="mae takes a loss of pixels"):
        LatentMIMRunnerConfig(mae=PatchDiscriminationConfig())
    with pytest.raises(ValueError, match="regularizer takes a loss of regularizer"):
        GalileoRunnerConfig(regularizer=MAEConfig())
    with pytest.raises(ValueError, match="needs a loss"):
        MAERunnerConfig(mae=None)
    with pytest.raises(ValueError, match="reconstructor, a decoder or both"):
        MaskedAutoencoderConfig(reconstructor=None)

"""The official recipes: their numbers, and what can be laid upon them."""

import importlib.util
import re
from pathlib import Path

import pytest
import torch
from attrs import evolve

from spacenit_core.config import load_yaml, structure
from spacenit_core.errors import UserError
from spacenit_core.kinds.patches import PATCHES
from spacenit_core.kinds.recipes import RECIPES
from spacenit_train.losses.modality_patch_discrimination_masked_negatives import (
    ModalityPatchDiscriminationMaskedNegativesConfig,
)
from spacenit_train.masking.random_time_with_decode import RandomTimeWithDecodeMasking
from spacenit_train.run import resolve_experiment, resolve_run
from spacenit_train.tile_experiment import TileExperiment

GOLDENS = Path(__file__).parent / "goldens"

_spec = importlib.util.spec_from_file_location("make_recipes", GOLDENS / "make_recipes.py")
maker = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(maker)

OFFICIAL = ("nano", "tiny", "base", "large")
MAPS = ("worldcover", "srtm", "openstreetmap_raster", "wri_canopy_height_map", "cdl", "worldcereal")

# Width, encoder depth, heads and decoder depth; learning rate and weight decay of the released runs (v1) and the
# official scripts (v1.1, v1.2); parameters of encoder and decoder as the reference counts them.
SIZES = {
    "nano": (128, 4, 8, 4, 1e-3, 2e-3, 1_361_024, 827_520),
    "tiny": (192, 12, 3, 4, 2e-4, 2e-2, 6_202_560, 1_855_680),
    "base": (768, 12, 12, 4, 1e-4, 2e-2, 88_953_600, 29_541_120),
    "large": (1024, 24, 16, 4, 1e-4, 2e-3, 307_770_368, 52_495_360),
    "v1_1_nano": (128, 4, 8, 4, 2e-4, 2e-2, 1_697_328, 827_424),
    "v1_1_tiny": (192, 12, 3, 4, 2e-4, 2e-3, 12_461_296, 1_855_536),
    "v1_1_base": (768, 12, 12, 4, 1e-4, 2e-2, 113_973_952, 29_540_544),
    "v1_2_nano": (128, 4, 8, 4, 2e-4, 2e-2, 1_698_096, 828_192),
    "v1_2_tiny": (192, 12, 3, 4, 2e-4, 2e-3, 12_464_752, 1_856_688),
    "v1_2_small": (384, 12, 6, 4, 2e-4, 2e-2, 35_615_200, 7_399_776),
    "v1_2_base": (768, 12, 12, 4, 1e-4, 2e-2, 113_987_776, 29_545_152),
    "v1_2_large": (1024, 24, 16, 4, 1e-4, 2e-2, 341_166_080, 52_500_736),
    "latent_mim": (768, 12, 12, 4, 1e-4, 2e-2, 88_953_600, 29_541_120),
}


@pytest.mark.parametrize("recipe", maker.OFFICIAL)
def test_a_recipe_is_what_its_golden_says(recipe):
    golden = GOLDENS / "recipes" / f"{recipe}.yaml"

    assert maker.text(recipe) == golden.read_text(), "if it is meant, run `uv run python tests/goldens/make_recipes.py`"
    assert structure(load_yaml(golden), TileExperiment) == RECIPES.get(recipe)()


@pytest.mark.parametrize("recipe", SIZES)
def test_a_recipe_has_the_size_and_the_rates_of_the_released_model(recipe):
    experiment = RECIPES.get(recipe)()
    encoder, decoder, optim = experiment.model.encoder, experiment.model.decoder, experiment.train_module.optim

    assert (encoder.embedding_size, decoder.embedding_size) == (SIZES[recipe][0],) * 2
    assert (encoder.num_heads, decoder.num_heads) == (SIZES[recipe][2],) * 2
    assert (encoder.depth, decoder.depth) == (SIZES[recipe][1], SIZES[recipe][3])
    assert (optim.lr, optim.weight_decay) == SIZES[recipe][4:6]
    assert (encoder.drop_path, decoder.drop_path, encoder.mlp_ratio, decoder.mlp_ratio) == (0.1, 0.0, 4.0, 4.0)


@pytest.mark.parametrize("recipe", SIZES)
def test_a_recipe_has_as_many_parameters_as_the_reference(recipe):
    experiment = RECIPES.get(recipe)()
    with torch.device("meta"):
        model = experiment.model.build(experiment.sensor_set)
    counted = [sum(weight.numel() for weight in part.parameters()) for part in (model.encoder, model.decoder)]

    # The reference counts its frozen table of months in both.
    months = 12 * SIZES[recipe][0] // 4
    assert [number + months for number in counted] == list(SIZES[recipe][6:])


@pytest.mark.parametrize("recipe", [name for name in SIZES if name.startswith("v1_")])
def test_v1_1_and_v1_2_share_their_set_up(recipe):
    experiment = RECIPES.get(recipe)()
    runner, loader, encoder = experiment.train_module, experiment.data_loader, experiment.model.encoder
    groups = {spec.name: len(spec.token_groups) for spec in experiment.sensor_set}

    assert experiment.sensors == RECIPES.get("base")().sensors
    assert groups == {**dict.fromkeys(MAPS, 1), "sentinel2_l2a": 1, "sentinel1": 1, "landsat": 1}
    assert (loader.num_workers, loader.prefetch_factor, runner.rank_microbatch_size) == (16, 4, 64)
    assert (loader.global_batch_size, loader.token_budget, loader.token_budget_groups) == (512, 2250, "sensor")
    assert runner.masking == RandomTimeWithDecodeMasking(only_decode_modalities=MAPS)
    assert runner.loss == ModalityPatchDiscriminationMaskedNegativesConfig(mask_negatives_for_modalities=MAPS)
    assert (runner.loss.tau, runner.loss.same_target_threshold) == (0.1, 0.999)
    assert (runner.contrastive.tau, runner.contrastive.weight) == (0.1, 0.05)
    assert encoder.patch_embed_hidden_sizes == ((12,) if recipe.endswith("nano") else (64,))
    assert (encoder.band_dropout_rate, encoder.random_band_dropout) == (0.2, True)
    assert encoder.band_dropout_modalities == ("sentinel2_l2a", "landsat")
    for part in (encoder, experiment.model.decoder):
        rotary = ("rope_3d_mixed", 10_000.0, 1 / 30) if recipe.startswith("v1_2") else ("absolute", 10.0, 1.0)
        assert (part.position_encoding, part.rope_mixed_base, part.rope_temporal_coordinate_scale) == rotary


def test_latent_mim_differs_from_base_in_the_runner_alone():
    base, single = (RECIPES.get(name)() for name in ("base", "latent_mim"))
    runner = single.train_module

    assert evolve(single, train_module=base.train_module) == base
    assert len(runner.masking_of_views()) == 1 and not hasattr(runner, "contrastive")
    for name in ("masking", "loss", "optim", "scheduler", "rank_microbatch_size", "max_grad_norm", "ema_decay"):
        assert getattr(runner, name) == getattr(base.train_module, name)


@pytest.mark.parametrize(("size", "shared"), [("nano", 2), ("tiny", 1), ("base", 4), ("large", 4)])
def test_a_spacenit_recipe_is_the_official_one_with_another_encoder(size, shared):
    ours, official = RECIPES.get(f"spacenit_{size}")(), RECIPES.get(size)()
    encoder = ours.model.encoder

    assert (encoder.embedding_size, encoder.depth, encoder.num_heads) == SIZES[size][:3]
    assert encoder.num_kv_heads == shared and encoder.num_heads % shared == 0
    assert evolve(ours, model=official.model) == official
    assert ours.model.decoder == official.model.decoder


def test_the_recipes_share_the_official_set_up():
    experiment = RECIPES.get("base")()
    runner, loader = experiment.train_module, experiment.data_loader

    assert len(experiment.sensors) == 9
    assert experiment.seed == 12536
    assert (loader.global_batch_size, runner.rank_microbatch_size, loader.token_budget, loader.seed) == (
        512,
        32,
        2250,
        3622,
    )
    assert (loader.min_patch_size, loader.max_patch_size, loader.sampled_hw_p_list) == (1, 8, tuple(range(1, 13)))
    assert (runner.masking.encode_ratio, runner.masking.decode_ratio, runner.masking.min_encoded_bandsets) == (
        0.5,
        0.5,
        2,
    )
    assert runner.masking.allow_encoding_decoding_same_bandset
    assert set(runner.masking.only_decode_modalities) == set(experiment.sensors) - {
        "sentinel2_l2a",
        "sentinel1",
        "landsat",
    }
    assert (runner.loss.tau, runner.contrastive.weight, runner.max_grad_norm, runner.ema_decay) == (
        0.1,
        0.1,
        1.0,
        (1.0, 1.0),
    )
    assert (runner.scheduler.warmup_steps, runner.scheduler.alpha_f) == (8000, 0.1)
    assert (experiment.trainer.max_duration.value, experiment.trainer.max_duration.unit) == (300, "epochs")
    assert experiment.trainer.callbacks["checkpointer"].save_interval == 5000
    assert experiment.trainer.callbacks["checkpointer"].ephemeral_save_interval == 250


@pytest.mark.parametrize("recipe", maker.OFFICIAL)
def test_a_recipe_resolves_and_passes_all_checks(recipe):
    assert resolve_run(recipe, "my_run").experiment.run_name == "my_run"


def test_patches_are_laid_upon_a_recipe_in_either_way():
    plus = resolve_run("base+s2_only+no_contrastive", "r").experiment
    option = resolve_run("base", "r", patches=["s2_only", "no_contrastive"]).experiment

    assert plus == option
    assert plus.sensors == ("sentinel2_l2a",)
    assert plus.train_module.masking.only_decode_modalities == ()
    assert plus.train_module.contrastive.weight == 0.0


def test_a_patch_does_what_the_guides_long_command_does():
    guide = (
        "--common.training_modalities=[sentinel2_l2a]",
        "--train_module.masking_config.strategy_config.only_decode_modalities=[]",
        "--train_module.contrastive_config.loss_config.weight=0.0",
    )

    written = resolve_experiment("base", overrides=guide).value

    assert written.derived() == resolve_experiment("base+s2_only+no_contrastive").value.derived()


@pytest.mark.parametrize("patch", PATCHES.names())
def test_patches_state_nothing_that_is_unread(patch):
    # The sizes and versions that every patch is for; band dropout came with v1.1.
    recipe = "v1_1_base" if patch in ("no_band_dropout", "no_nonlinear", "v1_loss", "v1_masking") else "base"

    assert resolve_run(f"{recipe}+{patch}", "r")


@pytest.mark.parametrize(
    ("recipe", "word", "reason"),
    [
        ("nano+no_contrastive", "--train_module.contrastive.tau=0.2", "weight=0"),
        (
            "v1_1_nano+s2_only",
            "--train_module.loss.same_target_threshold=0.5",
            "mask_negatives_for_modalities=[]",
        ),
    ],
)
def test_what_a_patch_switches_off_cannot_be_set(recipe, word, reason):
    with pytest.raises(UserError, match=re.escape(f"({word}): nothing reads this with {reason}")):
        resolve_run(recipe, "r", overrides=[word])


@pytest.mark.parametrize(
    ("recipe", "word"),
    [
        ("nano+no_contrastive", "--train_module.contrastive.tau=0.1"),
        ("v1_1_nano+no_band_dropout", "--model.encoder.band_dropout_modalities=[sentinel2_l2a,landsat]"),
        ("nano+demo", "--trainer.callbacks.checkpointer.enabled=false"),
    ],
)
def test_what_a_recipe_has_may_be_restated_beside_a_patch(recipe, word):
    assert resolve_run(recipe, "r", overrides=[word])

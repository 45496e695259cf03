"""What was asked for and nothing would read, from words on a command line."""

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.config.parsing import spelled
from spacenit_core.errors import PluginError
from spacenit_core.kinds.recipes import RECIPES
from spacenit_train.inactive import inactive_settings
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.masking.random import RandomMasking
from spacenit_train.masking.random_fixed_modality import RandomFixedModalityMasking
from spacenit_train.masking.random_increasing import RandomIncreasingMasking
from spacenit_train.masking.scheduled import ScheduledMasking
from spacenit_train.run import resolve_run

from .dry_runs import config, refused
from .every_policy import MAPS, NEEDED, OFFICIAL, PARTS, SENSORS, layout_of, mask

pytestmark = pytest.mark.usefixtures("one_process")

MASKING = "--train_module.masking"
LOSS = "--train_module.loss"
CONTRASTIVE = "--train_module.contrastive"
REGULARIZER = "--train_module.regularizer"
MAE = ("--model.type=mae", "--train_module.type=mae")
DECODED = (*MAE, "--model.decoder={}", "--train_module.latent_mim=l2")
APART = "allow_encoding_decoding_same_bandset=false"
FIXED = (f"{MASKING}.type=random_fixed_modality", f"{MASKING}.decoded_modalities=[srtm]")
LOADER = "--data_loader"
TRANSFORMS = f"{LOADER}.transforms"
SAVER = "--trainer.callbacks.checkpointer"
WANDB = "--trainer.callbacks.wandb"
ENCODER = "--model.encoder"

REFUSED = [
    # recipe, what switches off, what is switched off, the reason
    ("nano", (), f"{ENCODER}.rope_base=5", "position_encoding=absolute"),
    ("nano", (), "--model.decoder.rope_temporal_coordinate_scale=2", "position_encoding=absolute"),
    ("v1_2_nano", (), f"{ENCODER}.temporal_rope_dim_frac=0.5", "position_encoding=rope_3d_mixed"),
    ("v1_2_nano", (f"{ENCODER}.position_encoding=rope",), f"{ENCODER}.rope_mixed_base=5", "position_encoding=rope"),
    ("nano", (), f"{ENCODER}.random_band_dropout=true", "band_dropout_rate=0"),
    (
        "v1_1_nano",
        (f"{ENCODER}.band_dropout_modalities=[]",),
        f"{ENCODER}.band_dropout_rate=0.5",
        "band_dropout_modalities=[]",
    ),
    # None of the sensors with band dropout is in use.
    ("v1_1_nano", ("--sensors=[sentinel1]",), f"{ENCODER}.band_dropout_rate=0.5", "band_dropout_modalities=[]"),
    ("nano", MAE, "--train_module.token_exit_cfg.landsat=2", "latent_mim=none"),
    ("nano", MAE, '--train_module.token_exit_cfg={"landsat": 2}', "latent_mim=none"),
    ("nano", ("--train_module.ema_decay=[0,0]",), "--train_module.reinit_targets=true", "ema_decay=[0.0,0.0]"),
    ("nano", (f"{CONTRASTIVE}.weight=0",), f"{CONTRASTIVE}.tau=0.2", "weight=0"),
    ("nano", (f"{LOSS}.weight=0",), f'{LOSS}.modality_weights={{"landsat": 2}}', "weight=0"),
    ("nano", (*MAE, "--train_module.mae.weight=0"), "--train_module.mae.only_decode=false", "weight=0"),
    ("nano", (f"{REGULARIZER}=koleo", f"{REGULARIZER}.weight=0"), f"{REGULARIZER}.mode=patch", "weight=0"),
    (
        "v1_1_nano",
        (f"{LOSS}.mask_negatives_for_modalities=[]",),
        f"{LOSS}.same_target_threshold=0.5",
        "mask_negatives_for_modalities=[]",
    ),
    ("nano", (f"{MASKING}.{APART}",), f"{MASKING}.min_decoded_bandsets=2", APART),
    ("nano", (f"{MASKING}=modality_cross_time", f"{MASKING}.{APART}"), f"{MASKING}.max_decoded_bandsets=3", APART),
    ("nano", FIXED, f"{MASKING}.randomize_missing_in=sample", "randomize_missing_modalities=[]"),
    (
        "nano",
        (*FIXED, f"{MASKING}.randomize_missing_modalities=[landsat]"),
        f"{MASKING}.randomize_missing_in=sample",
        "randomize_missing_modalities=[landsat]",
    ),
    ("nano", (f"{MASKING}=random_increasing", f"{MASKING}.steps=1"), f"{MASKING}.initial_decode_ratio=0.25", "steps=1"),
    (
        "nano",
        (f"{MASKING}=scheduled", f"{MASKING}.policies.all.type=random", f"{MASKING}.starts=[0]"),
        f"{MASKING}.transition_steps=9",
        "starts=[0]",
    ),
    # A policy inside another one.
    (
        "nano",
        (f"{MASKING}=composed", f"{MASKING}.policies.a.type=random", f"{MASKING}.policies.b.type=modality_cross_space"),
        f"{MASKING}.policies.b.min_decoded_bandsets=2",
        APART,
    ),
    ("nano", (f"{LOADER}.num_workers=0",), f"{LOADER}.prefetch_factor=4", "num_workers=0"),
    ("nano", (), f"{LOADER}.max_corrupt_fraction=0.2", "on_corrupt=fail"),
    ("v1_1_nano", (f"{LOADER}.token_budget=none",), f"{LOADER}.token_budget_groups=model", "token_budget=none"),
    ("nano", (), "--dataset.seed=3", "dataset_percentage=1"),
    ("nano", (f"{TRANSFORMS}.cutmix.probability=0",), f"{TRANSFORMS}.cutmix.alpha=2", "probability=0"),
    (
        "nano",
        (f"{TRANSFORMS}.sensor_dropout.probability=0",),
        f"{TRANSFORMS}.sensor_dropout.droppable_sensors=[landsat]",
        "probability=0",
    ),
    (
        "nano",
        (f"{TRANSFORMS}.sensor_dropout.droppable_sensors=[]",),
        f"{TRANSFORMS}.sensor_dropout.probability=0.5",
        "droppable_sensors=[]",
    ),
    ("nano", (f"{SAVER}.enabled=false",), f"{SAVER}.save_interval=7", "enabled=false"),
    ("nano", (f"{SAVER}.save_interval=50",), f"{SAVER}.ephemeral_save_interval=100", "save_interval=50"),
    ("nano", (f"{WANDB}.enabled=false",), f"{WANDB}.project=mine", "enabled=false"),
    ("nano", (f"{WANDB}.enabled=false",), f"{WANDB}.tags=[a]", "enabled=false"),
]

TAKEN = [
    # recipe, settings that are all read, restated, or stated by the recipe alone
    ("v1_2_nano", (f"{ENCODER}.rope_mixed_base=5", f"{ENCODER}.rope_temporal_coordinate_scale=2")),
    ("v1_2_nano", (f"{ENCODER}.position_encoding=rope_3d", f"{ENCODER}.temporal_rope_dim_frac=0.5")),
    ("v1_2_nano", (f"{ENCODER}.position_encoding=absolute", "--model.decoder.position_encoding=absolute")),
    ("v1_1_nano", (f"{ENCODER}.random_band_dropout=false", f"{ENCODER}.band_dropout_modalities=[landsat]")),
    ("v1_1_nano", (f"{ENCODER}.band_dropout_rate=0.0",)),
    ("nano", (f"{ENCODER}.rope_base=10000.0", f"{LOADER}.max_corrupt_fraction=0.01")),
    ("nano", (*DECODED, "--train_module.token_exit_cfg.landsat=2")),
    ("nano", (*MAE, "--train_module.token_exit_cfg={}")),
    ("nano", ("--train_module.ema_decay=[0.9,1]", "--train_module.reinit_targets=true")),
    ("nano", (f"{CONTRASTIVE}.weight=0.01", f"{CONTRASTIVE}.tau=0.2")),
    ("v1_1_nano", (f"{LOSS}.mask_negatives_for_modalities=[srtm]", f"{LOSS}.same_target_threshold=0.5")),
    ("nano", (f"{MASKING}.min_decoded_bandsets=2", f"{MASKING}.max_encoded_bandsets=3")),
    ("nano", (f"{MASKING}.{APART}", f"{MASKING}.max_encoded_bandsets=3")),
    (
        "nano",
        (
            *FIXED,
            f"{MASKING}.randomize_missing_modalities=[landsat,sentinel1]",
            f"{MASKING}.randomize_missing_in=sample",
        ),
    ),
    ("nano", (f"{MASKING}=random_increasing", f"{MASKING}.steps=2", f"{MASKING}.initial_decode_ratio=0.25")),
    # Without a default, a setting has to be given, read or not.
    (
        "nano",
        (
            f"{MASKING}=selectable_modality",
            f"{MASKING}.max_to_mask=0",
            f"{MASKING}.decodable_modalities=[srtm]",
            f"{MASKING}.fully_mask_modalities=[]",
        ),
    ),
    ("v1_1_nano", (f"{LOADER}.num_workers=0",)),
    ("nano", (f"{LOADER}.num_workers=1", f"{LOADER}.prefetch_factor=4")),
    ("nano", (f"{LOADER}.on_corrupt=skip", f"{LOADER}.max_corrupt_fraction=0.2")),
    ("nano", ("--dataset.dataset_percentage=0.5", "--dataset.seed=3")),
    ("nano", (f"{TRANSFORMS}.sensor_dropout.droppable_sensors=[landsat]", f"{TRANSFORMS}.cutmix.alpha=2")),
    ("nano", (f"{SAVER}.save_interval=50", f"{SAVER}.ephemeral_save_interval=20")),
    ("nano", (f"{SAVER}.save_interval=50",)),
    ("nano", (f"{WANDB}.project=mine",)),
    ("nano", (f"{WANDB}.enabled=false",)),
]

SWITCHED = [
    # a policy that does not read some settings, one that does, and other values of them
    (
        ModalityCrossRandomMasking(),
        OFFICIAL,
        {"min_decoded_bandsets": 4, "max_decoded_bandsets": 4},
    ),
    (
        RandomFixedModalityMasking(decoded_modalities=MAPS, randomize_missing_modalities=("landsat",)),
        RandomFixedModalityMasking(**NEEDED["random_fixed_modality"]),
        {"randomize_missing_in": "sample"},
    ),
    (
        RandomIncreasingMasking(steps=1),
        RandomIncreasingMasking(steps=2),
        {"initial_encode_ratio": 0.2, "initial_decode_ratio": 0.1},
    ),
    (
        ScheduledMasking(policies={"random": RandomMasking()}, starts=(0,)),
        ScheduledMasking(**PARTS, starts=(0, 2)),
        {"transition_steps": 5},
    ),
]


@pytest.mark.parametrize(("recipe", "off", "word", "reason"), REFUSED)
def test_a_setting_that_another_one_switches_off_is_refused(recipe, off, word, reason):
    for order in ((*off, word), (word, *off)):
        assert f"({word}): nothing reads this with {reason}" in refused(recipe, "r", "local", *order)
    assert config(recipe, "r", "local", *off)


@pytest.mark.parametrize(("recipe", "words"), TAKEN)
def test_a_setting_that_is_read_or_restated_is_taken(recipe, words):
    assert config(recipe, "r", "local", *words)


def test_what_goes_away_with_a_part_is_unknown():
    for words in ((*MAE, "--train_module.ema_decay=[0.9,1]"), (f"{CONTRASTIVE}=none", f"{CONTRASTIVE}.tau=0.2")):
        assert words[-1] in refused("nano", "r", "local", *words)


@pytest.mark.parametrize(("off", "on", "values"), SWITCHED)
def test_masks_do_not_depend_on_what_is_unread(off, on, values):
    layout = layout_of(SENSORS, 3, 4)
    missing = np.zeros((16, len(layout)), dtype=bool)

    def differ(policy):
        other = evolve(policy, **values)
        return any(
            (mask(policy, layout, missing, step) != mask(other, layout, missing, step)).any() for step in range(4)
        )

    assert set(values) <= set(off.inactive()) and not differ(off)
    assert not set(values) & set(on.inactive()) and differ(on)


@pytest.mark.parametrize("recipe", RECIPES.names())
def test_every_row_of_a_recipe_may_be_restated(recipe):
    run = resolve_run(recipe, "r")
    rows = [f"--{path}={spelled(value)}" for path, value, _ in run.resolved.rows()]

    assert resolve_run(recipe, "r", overrides=rows).experiment == run.experiment


def test_a_plugin_that_says_nonsense_of_its_settings_is_named():
    class Odd(RandomMasking):
        def inactive(self):
            return ["encode_ratio"]

    resolved = resolve_run("nano", "r").resolved
    module = evolve(resolved.value.train_module, masking=Odd())

    with pytest.raises(PluginError, match=r"Odd returned .*encode_ratio.*inactive returns"):
        inactive_settings(evolve(resolved, value=evolve(resolved.value, train_module=module)))

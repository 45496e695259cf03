"""The command lines of the pretraining guides run as they are written there.

Each row is copied from a guide. `spacenit-run SUBCOMMAND RECIPE` stands for
`python scripts/official/RECIPE.py SUBCOMMAND`, and torchrun's options become `spacenit-run`'s. What needs a cluster
(`launch`, `ai2/...`) is not in the table.
"""

import json
import re
import shlex
from typing import Any

import pytest
from click.testing import CliRunner

from spacenit_ablations.ablate.command import ablate
from spacenit_train.cli.dry_run import dry_run

COMMANDS = [
    # "Command Structure Examples"
    """torchrun scripts/official/nano.py train my_debug_run local \\
  --dataset.h5py_dir=/path/to/data \\
  --data_loader.global_batch_size=64""",
    """torchrun --nproc_per_node=4 scripts/official/base.py train my_pretrain_run local \\
  --dataset.h5py_dir=/path/to/data \\
  --data_loader.global_batch_size=512""",
    """python scripts/official/base.py dry_run my_config_test local \\
  --trainer.max_duration.value=100""",
    # "Official Training Scripts"
    "torchrun --nproc_per_node=8 scripts/official/base.py train base_run local",
    "torchrun --nproc_per_node=4 scripts/official/nano.py train nano_run local",
    "torchrun --nproc_per_node=4 scripts/official/tiny.py train tiny_run local",
    "torchrun --nproc_per_node=8 scripts/official/large.py train large_run local",
    """torchrun --nproc_per_node=4 scripts/official/nano.py train nano_run local \\
  --dataset.h5py_dir=/path/to/h5py_dir""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train base_run local \\
  --dataset.h5py_dir=/path/to/your/h5data/num_samples""",
    # "Running Ablations"
    """torchrun --nproc_per_node=8 scripts/official/base.py train base_no_contrastive local \\
  --train_module.contrastive_config.loss_config.weight=0.0 \\
  --dataset.h5py_dir=/path/to/data""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train base_s2_only local \\
  --common.training_modalities='[sentinel2_l2a]' \\
  --train_module.masking_config.strategy_config.only_decode_modalities='[]' \\
  --dataset.h5py_dir=/path/to/data""",
    # "Overrides and Experiments"
    """torchrun --nproc_per_node=8 scripts/official/base.py train custom_experiment local \\
  --data_loader.global_batch_size=256 \\
  --data_loader.num_workers=8 \\
  --train_module.rank_microbatch_size=8 \\
  --train_module.optim_config.lr=0.0002 \\
  --train_module.scheduler.warmup_steps=5000 \\
  --trainer.max_duration.epochs=100""",
    """torchrun scripts/official/base.py train custom_experiment local \\
  --data_loader.global_batch_size=64 \\
  --data_loader.num_workers=4 \\
  --train_module.rank_microbatch_size=16 \\
  --trainer.callbacks.wandb.enabled=False""",
    # The ablations that the guide points to.
    """torchrun --nproc_per_node=8 scripts/official/base.py train no_ag_maps local \\
  --common.training_modalities='[sentinel2_l2a,sentinel1,landsat,worldcover,srtm,openstreetmap_raster,"""
    """wri_canopy_height_map]' \\
  --train_module.masking_config.strategy_config.only_decode_modalities='[worldcover,srtm,openstreetmap_raster,"""
    """wri_canopy_height_map]' \\
  --trainer.callbacks.wandb.project=2025_10_08_phase2_ablations""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train no_maps local \\
  --common.training_modalities='[sentinel2_l2a,sentinel1,landsat,srtm]' \\
  --train_module.masking_config.strategy_config.only_decode_modalities='[srtm]'""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train no_landsat local \\
  --common.training_modalities='[sentinel2_l2a,sentinel1]' \\
  --train_module.masking_config.strategy_config.only_decode_modalities='[]'""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train no_decode_modalities local \\
  --common.training_modalities='[sentinel2_l2a,sentinel1,landsat]' \\
  --train_module.masking_config.strategy_config.only_decode_modalities='[]'""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train random_target local \\
  --train_module.reinit_targets=True""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train patchdisc_loss local \\
  --train_module.loss_config.loss_config.type="patch_discrimination_new\"""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train ema local \\
  --train_module.ema_decay='[0.996,1.0]'""",
    """torchrun --nproc_per_node=8 scripts/official/base.py train crossmodrand_patchdisc_nocon_emafull local \\
  --train_module.contrastive_config.loss_config.weight=0.0 \\
  --train_module.loss_config.loss_config.type=patch_discrimination_new \\
  --common.training_modalities='[sentinel2_l2a,sentinel1,landsat]' \\
  --train_module.ema_decay='[0.996,1.0]' \\
  --train_module.token_exit_cfg='{"sentinel2_l2a": 12, "sentinel1": 12, "landsat": 12}' \\
  --trainer.callbacks.wandb.project=2025_10_08_phase2_ablations""",
]  # fmt: skip

# "Available Ablations", with the patches that they are.
ABLATIONS = {
    "No contrastive loss": "no_contrastive",
    "Random masking": "random_masking",
    "MAE (Masked Autoencoder)": "mae",
    "Random target init": "random_target_init",
    "Original patch disc loss": "original_patch_disc",
    "EMA active": "ema_active",
    "No ag maps": "no_ag_maps",
    "No maps": "no_maps",
    "No decode modalities": "no_decode_modalities",
    "No Landsat": "no_landsat",
    "S2 only": "s2_only",
}

# Options that the guides show on their own, to be added "to any command above", with what they set.
OPTIONS: list[tuple[str, dict[str, Any]]] = [
    ("--data_loader.global_batch_size=256", {"data_loader.global_batch_size": 256}),
    ("--dataset.h5py_dir=/your/path/to/h5data/num_samples", {"dataset.h5py_dir": "/your/path/to/h5data/num_samples"}),
    (
        "--trainer.callbacks.downstream_evaluator.enabled=False",
        {"trainer.callbacks.downstream_evaluator.enabled": False},
    ),
    (
        r"--trainer.callbacks.downstream_evaluator.tasks_to_run=\[mados,pastis_sentinel2\]",
        {"trainer.callbacks.downstream_evaluator.tasks_to_run": ["mados", "pastis_sentinel2"]},
    ),
    (
        """--trainer.callbacks.downstream_evaluator.tasks_to_run='["mados","pastis_sentinel2"]'""",
        {"trainer.callbacks.downstream_evaluator.tasks_to_run": ["mados", "pastis_sentinel2"]},
    ),
    ("--trainer.callbacks.wandb.enabled=False", {"trainer.callbacks.wandb.enabled": False}),
    ("--common.save_folder=path/to/savefolder", {"trainer.save_folder": "path/to/savefolder"}),
    (
        """--dataset.h5py_dir=/path/to/h5py/data
           --dataset.training_modalities='["SENTINEL2_L2A","SENTINEL1","LANDSAT"]'""",
        {"sensors": ["sentinel2_l2a", "sentinel1", "landsat"], "train_module.masking.only_decode_modalities": []},
    ),
    ("""--dataset.training_modalities='["SENTINEL2_L2A","SENTINEL1"]'""", {"sensors": ["sentinel2_l2a", "sentinel1"]}),
    (
        """--data_loader.num_workers=16
           --data_loader.global_batch_size=512
           --data_loader.token_budget=2250
           --data_loader.prefetch_factor=4
           --data_loader.seed=3622""",
        {"data_loader.num_workers": 16, "data_loader.token_budget": 2250, "data_loader.prefetch_factor": 4},
    ),
    (
        """--train_module.rank_microbatch_size=32
           --train_module.max_grad_norm=1.0
           --train_module.optim_config.lr=0.0001
           --train_module.optim_config.weight_decay=0.02
           --train_module.scheduler.warmup_steps=8000""",
        {"train_module.optim.lr": 1e-4, "train_module.scheduler.warmup_steps": 8000},
    ),
    (
        """--trainer.max_duration.epochs=300
           --trainer.metrics_collect_interval=10
           --trainer.save_interval=5000""",
        {
            "trainer.max_duration.value": 300,
            "trainer.max_duration.unit": "epochs",
            "trainer.callbacks.checkpointer.save_interval": 5000,
        },
    ),
    ("--trainer.max_duration.value=300", {"trainer.max_duration.value": 300, "trainer.max_duration.unit": "epochs"}),
    (
        """--model.encoder_config.depth=24
           --model.encoder_config.num_heads=16
           --model.encoder_config.embedding_size=768
           --model.decoder_config.depth=8""",
        {"model.encoder.depth": 24, "model.encoder.num_heads": 16, "model.decoder.depth": 8},
    ),
    (
        """--data_loader.global_batch_size=64 \\
           --train_module.rank_microbatch_size=8 \\
           --trainer.max_duration.epochs=10""",
        {"train_module.rank_microbatch_size": 8, "trainer.max_duration.value": 10},
    ),
    (
        """--data_loader.num_workers=16 \\
           --data_loader.global_batch_size=512 \\
           --data_loader.prefetch_factor=4 \\
           --train_module.rank_microbatch_size=32""",
        {"data_loader.prefetch_factor": 4},
    ),
    (
        """--model.encoder_config.depth=12 \\
           --model.encoder_config.num_heads=12 \\
           --model.encoder_config.embedding_size=768 \\
           --model.decoder_config.depth=4""",
        {"model.encoder.embedding_size": 768, "model.decoder.depth": 4},
    ),
    ("--train_module.rank_microbatch_size=8", {"train_module.rank_microbatch_size": 8}),
    ("--data_loader.global_batch_size=128", {"data_loader.global_batch_size": 128}),
    ("--data_loader.token_budget=1500", {"data_loader.sampled_hw_p_list": list(range(1, 12))}),
    ("--data_loader.prefetch_factor=8", {"data_loader.prefetch_factor": 8}),
    ("--model.decoder_config.depth=1", {"model.decoder.depth": 1}),
    ("--nnodes=2 --node_rank=0 --master_addr=node0", {}),
    ("--data_loader.global_batch_size=512 --train_module.optim_config.lr=0.0002", {"train_module.optim.lr": 2e-4}),
    # Names of OlmoEarth Pretrain's own settings.
    (
        """--data_loader.masking_config.strategy_config.type=random
           --train_module.regularizer_config.loss_config.type=KoLeo
           --train_module.token_exit_cfg.landsat=3
           --model.encoder_config.spatial_pos_encoding=rope
           --model.decoder_config.spatial_pos_encoding=rope
           --model.decoder_config.decoder_embedding_size=192
           --model.encoder_config.qk_norm=True""",
        {
            "train_module.masking.type": "random",
            "train_module.regularizer.type": "koleo",
            "train_module.token_exit_cfg": {"landsat": 3},
            "model.encoder.position_encoding": "rope",
            "model.decoder.position_encoding": "rope",
            "model.decoder.embedding_size": 192,
            "model.encoder.qk_norm": True,
        },
    ),
    (
        """--model.encoder_config.use_linear_patch_embed=True
           --model.encoder_config.patch_embed_hidden_sizes='[768, 768]'
           --common.tokenization_config.overrides.landsat.band_groups='[[B8,B1,B2,B3,B4,B5,B6,B7,B9,B10,B11]]'""",
        {
            "model.encoder.patch_embed_hidden_sizes": [768, 768],
            "band_groups.landsat": [["B8", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9", "B10", "B11"]],
        },
    ),
]


def words(command: str) -> list[str]:
    """A guide's command as the words behind `spacenit-run`, and its sub-command in front."""
    first, *rest = shlex.split(command.replace("\\\n", " "))
    assert first in ("python", "torchrun")
    place = next(place for place, word in enumerate(rest) if word.endswith(".py"))
    script = re.fullmatch(r"scripts/official/(\w+)\.py", rest[place])
    assert script is not None
    subcommand, *arguments = rest[place + 1 :]
    return [subcommand, script[1], *arguments, *rest[:place]]


def resolved(arguments: list[str]) -> dict[str, Any]:
    result = CliRunner().invoke(dry_run, [*arguments, "--json"])
    assert result.exit_code == 0, result.exception or result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def value_at(config: dict[str, Any], path: str) -> Any:
    for key in path.split("."):
        config = config[key]
    return config


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_guides_is_resolved(command):
    subcommand, recipe, run_name, *rest = words(command)

    answer = resolved([recipe, run_name, *rest])

    assert subcommand in ("train", "dry_run")
    assert answer["config"]["run_name"] == run_name
    assert answer["config"]["trainer"]["save_folder"].endswith(run_name)


@pytest.mark.parametrize(("options", "expected"), OPTIONS)
def test_options_of_the_guides_set_what_they_say(options, expected):
    answer = resolved(["base", "my_run", "local", *shlex.split(options.replace("\\\n", " "))])

    assert {path: value_at(answer["config"], path) for path in expected} == expected


@pytest.mark.parametrize("patch", ABLATIONS.values(), ids=ABLATIONS)
def test_an_ablation_of_the_guides_is_a_patch(patch):
    answer, official = resolved([f"base+{patch}", "my_run", "local"]), resolved(["base", "my_run", "local"])

    assert answer["config"] != official["config"]
    assert f"patch {patch}" in answer["sources"].values()


def test_all_ablations_of_the_guides_are_started_by_one_command():
    result = CliRunner().invoke(ablate, ["base", "--all", "--dry-run"])

    assert result.exit_code == 0, result.exception or result.output
    cells = {line.split()[0] for line in result.stdout.splitlines() if line.strip()}
    assert set(ABLATIONS.values()) <= cells


@pytest.mark.parametrize(
    "setting",
    [
        "train_module.loss.tua=0.2",
        "train_module.masking_config.encode_ratio=0.1",
        "train_module.contrastive.same_target_threshold=0.9",
        "train_module.mask_ratio=0.5",
        "model.encoder_config.deepth=3",
        # Settings of what the recipe does not have.
        "model.encoder_config.rope_base=100.0",
        "model.decoder.rope_temporal_coordinate_scale=0.1",
        "model.encoder_config.random_band_dropout=True",
        "train_module.regularizer_config.loss_config.weight=0.3",
        "train_module.mae_loss_config.loss_config.weight=0.3",
    ],
)
def test_a_setting_that_no_component_reads_is_refused(setting):
    result = CliRunner().invoke(dry_run, ["base", "my_run", "local", f"--{setting}"])

    assert result.exit_code != 0
    assert f"--{setting}" in str(result.exception)

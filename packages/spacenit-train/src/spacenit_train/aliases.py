"""Other names of an experiment's settings: the long ones of the pretraining guides, and a few shortcuts."""

from spacenit_core.config.aliases import Fixed, SettingAliases

ALIASES = SettingAliases(
    rewrites=(
        ("train_module.masking_config.strategy_config", "train_module.masking"),
        ("train_module.loss_config.loss_config", "train_module.loss"),
        # The loader of OlmoEarth Pretrain has a masking of its own; here both have the runner's.
        ("data_loader.masking_config.strategy_config", "train_module.masking"),
        ("train_module.contrastive_config.loss_config", "train_module.contrastive"),
        ("train_module.mae_loss_config.loss_config", "train_module.mae"),
        ("train_module.latent_mim_loss_config.loss_config", "train_module.latent_mim"),
        ("train_module.regularizer_config.loss_config", "train_module.regularizer"),
        *((f"train_module.masking_config_{view}.strategy_config", f"train_module.masking_{view}") for view in "ab"),
        *((f"train_module.loss_config_{view}.loss_config", f"train_module.loss_{view}") for view in "ab"),
        ("train_module.optim_config", "train_module.optim"),
        ("model.encoder_config", "model.encoder"),
        ("model.decoder_config", "model.decoder"),
        ("model.encoder_config.spatial_pos_encoding", "model.encoder.position_encoding"),
        ("model.decoder_config.decoder_embedding_size", "model.decoder.embedding_size"),
        ("model.decoder_config.spatial_pos_encoding", "model.decoder.position_encoding"),
        ("model.reconstructor_config", "model.reconstructor"),
        ("model.reconstructor_config.decoder_config", "model.reconstructor.decoder"),
        ("common.training_modalities", "sensors"),
        ("common.tokenization_config.overrides.*.band_groups", "band_groups.*"),
        ("dataset.training_modalities", "sensors"),
        ("common.save_folder", "trainer.save_folder"),
        ("common.run_name", "run_name"),
        ("common.launch", "launch"),
        ("trainer.save_interval", "trainer.callbacks.checkpointer.save_interval"),
    ),
    expansions={
        f"trainer.max_duration.{unit}": {"trainer.max_duration.value": None, "trainer.max_duration.unit": Fixed(unit)}
        for unit in ("steps", "epochs", "tokens")
    },
    closed={
        "common": ("run_name", "save_folder", "training_modalities", "tokenization_config", "launch", "nccl_debug")
    },
    # The decoder reads what the encoder writes.
    follows={"model.decoder.encoder_embedding_size": "model.encoder.embedding_size"},
    foreign={
        "config": "--set-from FILE.yaml reads settings from a file; `spacenit-run dry_run ... --yaml` writes one",
        "resume_from_checkpoint": "the command that began a run resumes it from its newest checkpoint; "
        "--trainer.load_path=FOLDER starts another run from its weights",
        "launch.num_gpus": "--nproc_per_node=N starts N processes on this machine, one on each GPU",
        "launch.clusters": "nothing is submitted from here: let the cluster's scheduler run the command with `local`",
        "trainer.callbacks.downstream_evaluator": "it joins official recipes where spacenit-downstream is "
        "installed; a run of another recipe has it by --plugin callbacks=downstream_evaluator",
    },
    # A tokenization config has nothing but band groups; NCCL's verbosity is a matter of the process.
    constant={"common.tokenization_config": None, "common.nccl_debug": False},
)

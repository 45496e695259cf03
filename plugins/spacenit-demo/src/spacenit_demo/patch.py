"""What the demo changes about the recipe `nano`, as a patch: `spacenit-run train nano+demo ...` trains the same way."""

from spacenit_core.kinds.patches import Patch

DEMO = Patch(
    summary="minutes on two cores: two sensors, small windows, many small batches, few tokens to encode",
    overrides={
        "sensors": "[sentinel2_l2a, sentinel1]",
        "train_module.masking.only_decode_modalities": "[]",
        # Two views of a half of the tokens share most months and are told apart by their clouds. A quarter leaves them
        # what lasts: the ground.
        "train_module.masking.encode_ratio": "0.25",
        "train_module.masking.decode_ratio": "0.25",
        # The recipe's weight of 0.1 is for hundreds of thousands of steps.
        "train_module.contrastive.weight": "1.0",
        "train_module.rank_microbatch_size": "32",
        "train_module.scheduler.warmup_steps": "40",
        "model.encoder.drop_path": "0.0",
        "model.decoder.depth": "2",
        # Small batches make many steps, which is what short runs need most.
        "data_loader.global_batch_size": "32",
        "data_loader.sampled_hw_p_list": "[1]",
        "data_loader.min_patch_size": "2",
        "data_loader.max_patch_size": "4",
        "data_loader.num_workers": "1",
        "trainer.max_duration.value": "1000",
        "trainer.max_duration.unit": "steps",
        "trainer.callbacks.checkpointer.ephemeral_save_interval": "250",
        # The demo's world has labels of its own.
        "trainer.callbacks.downstream_evaluator.enabled": "false",
    },
)

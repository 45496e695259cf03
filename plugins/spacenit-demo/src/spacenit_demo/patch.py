"""What the demo changes about the recipe `nano`, as a patch: `spacenit-run train nano+demo ...` trains the same way."""

from spacenit_core.kinds.patches import Patch

DEMO = Patch(
    summary="minutes on two cores: two sensors and two maps, small windows, few steps, a short warm-up",
    overrides={
        "sensors": "[sentinel2_l2a, sentinel1, srtm, worldcover]",
        "train_module.masking.only_decode_modalities": "[srtm, worldcover]",
        "data_loader.global_batch_size": "64",
        "data_loader.sampled_hw_p_list": "[1]",
        "data_loader.min_patch_size": "2",
        "data_loader.max_patch_size": "4",
        "data_loader.num_workers": "1",
        "train_module.rank_microbatch_size": "64",
        "train_module.scheduler.warmup_steps": "20",
        "trainer.max_duration.value": "400",
        "trainer.max_duration.unit": "steps",
        "trainer.metrics_collect_interval": "10",
        "trainer.callbacks.checkpointer.ephemeral_save_interval": "100",
    },
)

"""What a set of some dozens to hundreds of samples needs other than the official recipes have, as a patch."""

from spacenit_core.kinds.patches import Patch

SMALL_SET = Patch(
    summary="for sets of some dozens to hundreds of samples: small batches and windows, 1,000 steps, a short warm-up",
    overrides={
        # The recipes' batch of 512 is more than such a set has, and their warm-up of 8,000 steps longer than the run.
        "data_loader.global_batch_size": "32",
        "train_module.rank_microbatch_size": "32",
        "train_module.scheduler.warmup_steps": "100",
        "trainer.max_duration.value": "1000",
        "trainer.max_duration.unit": "steps",
        # Small windows are quick, and there are more different ones in a sample.
        "data_loader.sampled_hw_p_list": "[2,3,4]",
        "data_loader.max_patch_size": "4",
    },
)

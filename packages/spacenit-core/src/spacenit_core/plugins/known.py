"""Entries of the official distributions besides the core, so that a missing one can be answered with what to install.

Sorted; a test of the workspace compares it with what the distributions declare.
"""

KNOWN: dict[str, dict[str, str]] = {
    "baselines": {
        "random_init": "spacenit-evals",
        "raw_pixels": "spacenit-evals",
    },
    "callbacks": {
        "checkpointer": "spacenit-train",
        "console": "spacenit-train",
        "wandb": "spacenit-train",
    },
    "commands": {
        "ablate": "spacenit-ablations",
        "data": "spacenit-data",
        "demo": "spacenit-demo",
        "dry_run": "spacenit-train",
        "evaluate": "spacenit-evals",
        "prep": "spacenit-train",
        "recipes": "spacenit-train",
        "train": "spacenit-train",
        "train_single": "spacenit-train",
        "visualize": "spacenit-train",
    },
    "datasets": {
        "h5_tiles": "spacenit-data",
    },
    "launchers": {
        "local": "spacenit-train",
    },
    "losses": {
        "adjusted_patch_discrimination": "spacenit-train",
        "all_discrimination": "spacenit-train",
        "cosine_similarity": "spacenit-train",
        "cross_entropy": "spacenit-train",
        "info_nce": "spacenit-train",
        "koleo": "spacenit-train",
        "l1": "spacenit-train",
        "l2": "spacenit-train",
        "mae": "spacenit-train",
        "modality_all_discrimination": "spacenit-train",
        "modality_patch_discrimination": "spacenit-train",
        "modality_patch_discrimination_masked_negatives": "spacenit-train",
        "patch_discrimination": "spacenit-train",
        "smooth_l1": "spacenit-train",
        "uniformity": "spacenit-train",
    },
    "masking": {
        "modality_cross_random": "spacenit-train",
        "random": "spacenit-train",
    },
    "optimizers": {
        "adamw": "spacenit-train",
    },
    "patches": {
        "cross_random_modality_patch_disc_ema_exit_full": "spacenit-ablations",
        "cross_random_modality_patch_disc_ema_exit_zero": "spacenit-ablations",
        "cross_random_modality_patch_disc_no_ema": "spacenit-ablations",
        "cross_random_patch_disc_ema_exit_full": "spacenit-ablations",
        "cross_random_patch_disc_ema_exit_zero": "spacenit-ablations",
        "cross_random_patch_disc_no_ema": "spacenit-ablations",
        "demo": "spacenit-demo",
        "ema_active": "spacenit-ablations",
        "no_ag_maps": "spacenit-ablations",
        "no_band_dropout": "spacenit-ablations",
        "no_contrastive": "spacenit-ablations",
        "no_decode_modalities": "spacenit-ablations",
        "no_landsat": "spacenit-ablations",
        "no_maps": "spacenit-ablations",
        "no_nonlinear": "spacenit-ablations",
        "original_patch_disc": "spacenit-ablations",
        "random_masking": "spacenit-ablations",
        "random_modality_patch_disc_ema_exit_full": "spacenit-ablations",
        "random_modality_patch_disc_ema_exit_zero": "spacenit-ablations",
        "random_modality_patch_disc_no_ema": "spacenit-ablations",
        "random_patch_disc_ema_exit_full": "spacenit-ablations",
        "random_patch_disc_ema_exit_zero": "spacenit-ablations",
        "random_patch_disc_no_ema": "spacenit-ablations",
        "random_target_init": "spacenit-ablations",
        "s2_only": "spacenit-ablations",
        "v1_loss": "spacenit-ablations",
        "v1_masking": "spacenit-ablations",
    },
    "probes": {
        "knn": "spacenit-evals",
        "linear_probe": "spacenit-evals",
    },
    "recipes": {
        "base": "spacenit-train",
        "large": "spacenit-train",
        "latent_mim": "spacenit-train",
        "nano": "spacenit-train",
        "spacenit_base": "spacenit-train",
        "spacenit_large": "spacenit-train",
        "spacenit_nano": "spacenit-train",
        "spacenit_tiny": "spacenit-train",
        "tiny": "spacenit-train",
    },
    "runners": {
        "contrastive_latent_mim": "spacenit-train",
        "latent_mim": "spacenit-train",
    },
    "schedulers": {
        "cosine_with_warmup": "spacenit-train",
    },
}

FAMILY = ("spacenit-core", "spacenit-data", "spacenit-evals", "spacenit-train")
"""Distributions that are released together and need no version bounds among themselves."""

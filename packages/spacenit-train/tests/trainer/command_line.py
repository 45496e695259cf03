"""Command lines of the tiny experiment."""

from pathlib import Path

SETTINGS = (
    "--sensors=[sentinel2_l2a,sentinel1,worldcover]",
    "--model.encoder.depth=1",
    "--model.encoder.embedding_size=16",
    "--model.encoder.num_heads=2",
    "--model.decoder.depth=1",
    "--model.decoder.embedding_size=16",
    "--model.decoder.num_heads=2",
    "--data_loader.max_patch_size=2",
    "--data_loader.sampled_hw_p_list=[2,3]",
    "--data_loader.token_budget=160",
    "--data_loader.global_batch_size=4",
    "--train_module.rank_microbatch_size=2",
    "--train_module.scheduler.warmup_steps=2",
    "--trainer.callbacks.checkpointer.ephemeral_save_interval=2",
    "--trainer.metrics_collect_interval=1",
)


def words(command: str, data: Path, folder: Path, *more: str, workers: int = 0) -> list[str]:
    """`spacenit-run COMMAND` on the set `data`, with `more` settings at the end."""
    place = [f"--common.save_folder={folder}", f"--dataset.h5py_dir={data}", f"--data_loader.num_workers={workers}"]
    return [command, "nano", "tiny", "local", *place, *SETTINGS, *more]

"""By which settings of a training command one does what errors about samples advise."""

OPTIONS = {
    "cache": " (dataset.cache_dir)",
    "months": " (dataset.months_from)",
    "run_folder": " (--trainer.save_folder)",
    "samples": " with dataset.filter_idx_file",
    "sensors": " with --sensors",
    "set": " with --dataset.h5py_dir",
    "share": " (dataset.dataset_percentage)",
    "unreadable": ", or set data_loader.on_corrupt=skip",
    "window": ": lower data_loader.max_patch_size or the values of data_loader.sampled_hw_p_list",
}
"""Thing in braces in a hint -> the words that take its place; see `SpaceNitError.name_options`."""

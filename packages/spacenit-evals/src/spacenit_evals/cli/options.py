"""By which options of `evaluate` one does what errors advise."""

OPTIONS = {
    "block": " (--block)",
    "folds": " (--folds)",
    "months": " (--months-from)",
    "out": " with --out",
    "seed": " (--seed)",
    "sensors": " (--sensor)",
    "set": " with --h5py_dir",
    "train_share": " (--train-share)",
    "window": " (--window)",
}
"""See `SpaceNitError.name_options`."""

"""By which options of `evaluate` one does what errors advise."""

OPTIONS = {
    "block": " (--block)",
    "class_attribute": " (--class-attribute)",
    "folds": " (--folds)",
    "months": " (--months-from)",
    "ignore": " (--ignore)",
    "ignore_none": " (--ignore none)",
    "labels": " (--labels)",
    "max_points": " (--max-points)",
    "out": " with --out",
    "patch_size": " (--patch-size)",
    "seed": " (--seed)",
    "sensors": " (--sensor)",
    "set": " with --h5py_dir",
    "train_share": " (--train-share)",
    "window": " (--window)",
}
"""See `SpaceNitError.name_options`."""

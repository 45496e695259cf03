"""Augmentations of windows; none is applied unless `data_loader.transforms` names it."""

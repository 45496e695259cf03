"""What is predicted: the tasks of benchmarks and protocols."""

from typing import Literal

Task = Literal["classification", "multilabel", "segmentation", "regression", "pixel_regression"]
"""One class for each sample, any number of classes, one class for each pixel, one number, one number for each pixel."""

TASKS: tuple[Task, ...] = ("classification", "multilabel", "segmentation", "regression", "pixel_regression")

DENSE: tuple[Task, ...] = ("segmentation", "pixel_regression")
"""Tasks whose labels are maps."""

IGNORED = -1
"""The label of a pixel that does not count; of a number it is NaN."""

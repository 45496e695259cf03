"""Labelled ground: what is labelled, and in which cells of which samples it lies."""

from spacenit_evals.labels.points import LabelledPoints
from spacenit_evals.labels.read import read_labels

__all__ = ["LabelledPoints", "read_labels"]

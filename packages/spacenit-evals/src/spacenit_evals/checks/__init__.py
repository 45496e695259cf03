"""Whether labelled data are what they are said to be."""

from spacenit_evals.checks.finding import Finding
from spacenit_evals.checks.report import CheckReport, check_benchmark

__all__ = ["CheckReport", "Finding", "check_benchmark"]

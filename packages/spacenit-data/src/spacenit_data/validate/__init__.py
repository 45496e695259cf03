"""Checking sets of samples, ours and others'."""

from spacenit_data.validate.problems import CHECKS, Problem, ProblemTable
from spacenit_data.validate.run import SensorTotals, ValidationReport, validate_set

__all__ = ["CHECKS", "Problem", "ProblemTable", "SensorTotals", "ValidationReport", "validate_set"]

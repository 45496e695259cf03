"""Runners: from a batch to a loss."""

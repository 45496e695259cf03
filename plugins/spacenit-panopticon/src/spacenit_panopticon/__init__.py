"""Panopticon (Waldmann et al. 2025) as a model to evaluate and to compare with."""

"""Grids of settings, each cell of which is one evaluation."""

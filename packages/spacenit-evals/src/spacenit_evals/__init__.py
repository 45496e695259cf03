"""Probes, baselines, splits, metrics and reports of SpaceNit."""

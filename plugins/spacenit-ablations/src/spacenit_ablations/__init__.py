"""Ablations of the official SpaceNit recipes, as named patches."""

"""Masking, losses, runners, trainer, callbacks and official recipes of SpaceNit."""

"""Sensors as data: their description and the built-in ones."""

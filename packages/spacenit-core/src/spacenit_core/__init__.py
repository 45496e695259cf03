"""Sensors, samples, encoders, plugins, configuration and the command line of SpaceNit."""

"""Raster conversion, H5 tile datasets, normalisation and the data loader of SpaceNit."""

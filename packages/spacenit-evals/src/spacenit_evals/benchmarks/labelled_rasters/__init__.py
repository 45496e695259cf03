"""Cells of a set of tiles that rasters or polygons label."""

"""TerraMesh: Sentinel-1 and 2 beside a land-cover map."""

"""Data sets of NASA Harvest (CropHarvest, Presto): Earth Engine exports of one year of Sentinel-1, 2, ERA5 and SRTM."""

"""What every command that takes rasters shares: names of files, opening them, the names of their bands."""

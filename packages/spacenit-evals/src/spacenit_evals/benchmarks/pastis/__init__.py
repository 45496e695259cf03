"""PASTIS-R: crops of French fields in series of Sentinel-1 and 2."""

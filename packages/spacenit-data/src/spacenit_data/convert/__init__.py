"""Conversion to H5 sample sets, from raw tiles or from another set."""

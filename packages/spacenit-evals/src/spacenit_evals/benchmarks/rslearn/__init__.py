"""Labelled windows in the layout of rslearn: Nandi, AWF, LFMC."""

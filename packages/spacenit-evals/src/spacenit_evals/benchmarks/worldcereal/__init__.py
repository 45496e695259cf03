"""Labelled points of the WorldCereal project (Van Tricht et al. 2023), in both of its tables."""

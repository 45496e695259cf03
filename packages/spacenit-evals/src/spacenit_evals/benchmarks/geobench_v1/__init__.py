"""The sets of GEO-Bench v1 in their publisher's layout (Lacoste et al. 2023, arXiv:2306.03831)."""

"""The sets of GEO-Bench v2 in their publisher's containers (Simumba et al. 2025, arXiv:2511.15658)."""

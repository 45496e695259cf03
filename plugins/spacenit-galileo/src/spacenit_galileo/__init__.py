"""Galileo (Tseng et al. 2025, https://arxiv.org/abs/2502.09356) as an embedder."""

"""Presto (Tseng et al. 2023, https://arxiv.org/abs/2304.14065) as an embedder."""

"""BreizhCrops (Rußwurm et al. 2020, https://arxiv.org/abs/1905.11893): crops of Brittany as farmers declared them."""

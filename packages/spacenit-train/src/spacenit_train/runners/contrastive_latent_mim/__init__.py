"""The runner `contrastive_latent_mim`: its settings and its step."""

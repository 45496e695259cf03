"""The runner `latent_mim`: its settings and its step."""

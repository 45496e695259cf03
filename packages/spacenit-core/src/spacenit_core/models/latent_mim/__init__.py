"""Latent masked image modelling with a projection of the pixels as target."""

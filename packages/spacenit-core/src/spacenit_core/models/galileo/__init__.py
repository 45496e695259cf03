"""Latent masked image modelling with two predictors, one for each of two maskings (Galileo)."""

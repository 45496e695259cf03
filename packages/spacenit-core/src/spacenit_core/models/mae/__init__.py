"""Masked autoencoding: pixels are reconstructed from the encoded tokens."""

"""Encoders, predictors and their parts."""

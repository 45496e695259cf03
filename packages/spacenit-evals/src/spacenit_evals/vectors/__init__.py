"""Vectors of samples: made once, kept, handed to protocols."""

"""Containers between the data set and the model."""

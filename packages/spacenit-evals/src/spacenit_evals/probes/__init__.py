"""Small classifiers on frozen features."""

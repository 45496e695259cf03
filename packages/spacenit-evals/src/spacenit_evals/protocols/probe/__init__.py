"""Linear heads on frozen features, trained by AdamW at several learning rates at once."""

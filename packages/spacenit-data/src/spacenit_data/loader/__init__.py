"""From windows of samples to batches."""

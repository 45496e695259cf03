"""A third-party plugin in miniature: one sensor, one masking policy, one loss."""

"""Released models: their configs and weights, what they are given, and how they are written for others."""

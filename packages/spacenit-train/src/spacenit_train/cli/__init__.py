"""The sub-commands of `spacenit-run` that work on experiments."""

"""Evaluates an encoder on benchmarks while it trains."""

"""What benchmarks of labelled series share."""

"""What benchmarks share whose samples are images with a label for each pixel."""

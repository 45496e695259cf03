"""Data sets: random access to windows of samples."""

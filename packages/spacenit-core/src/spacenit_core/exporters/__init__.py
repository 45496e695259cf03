"""Writing trained models for others: our own files, OlmoEarth Pretrain's, and graphs that run without this package."""

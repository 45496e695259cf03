"""Fine-tuning as an evaluation protocol: an experiment of the trainer on the samples of a benchmark."""

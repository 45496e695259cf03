"""The loop: batches to updates, progress to files, interruptions to a state that the same command resumes."""

"""What evaluations found: kept, written, compared."""

"""Strategy `ddp`."""

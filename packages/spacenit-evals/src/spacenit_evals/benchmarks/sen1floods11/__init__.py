"""Sen1Floods11: water in images of floods."""

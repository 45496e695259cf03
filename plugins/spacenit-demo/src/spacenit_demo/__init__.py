"""A small generated world that SpaceNit pretrains on and evaluates in minutes."""

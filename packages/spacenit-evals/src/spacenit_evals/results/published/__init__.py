"""Numbers that others published, with where they stand and how they were made."""

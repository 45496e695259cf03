"""H5 sample sets on disk: their names, their layout, and the writer."""
